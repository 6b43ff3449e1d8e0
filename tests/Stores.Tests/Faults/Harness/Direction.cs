namespace AspireElection.Faults.Harness;

/// <summary>What happens to bytes that go one way through a <see cref="TcpProxy"/>.</summary>
internal sealed class Direction
{
    private volatile TaskCompletionSource? _held;
    private long _delay;

    /// <summary>How much later than sent each piece arrives.</summary>
    public TimeSpan Delay
    {
        get => TimeSpan.FromTicks(Interlocked.Read(ref _delay));
        set => Interlocked.Exchange(ref _delay, value.Ticks);
    }

    /// <summary>Whether what is sent now never arrives.</summary>
    public bool Loses { get; private set; }

    /// <summary>Keeps what is sent back until <see cref="Restore"/>; where a buffer is full its sender has to wait.</summary>
    public void Hold() => _held ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Takes what is sent and throws it away.</summary>
    public void Lose() => Loses = true;

    public void Restore()
    {
        Delay = TimeSpan.Zero;
        Loses = false;
        var held = _held;
        _held = null;
        held?.TrySetResult();
    }

    /// <summary>Ends when bytes may pass.</summary>
    public async Task OpenAsync(CancellationToken ending)
    {
        while (_held is { } held)
            await held.Task.WaitAsync(ending);
    }
}
