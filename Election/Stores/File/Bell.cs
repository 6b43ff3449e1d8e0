namespace AspireElection.Stores.Files;

/// <summary>A wait of one waiter that is rung for, or ends by itself.</summary>
internal sealed class Bell(TimeProvider clock)
{
    private volatile TaskCompletionSource<bool> _rung = New();

    /// <summary>Ends the wait under way, or the next one at once.</summary>
    public void Ring() => _rung.TrySetResult(true);

    /// <returns>True when it was rung for.</returns>
    public async ValueTask<bool> WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var rung = _rung;
        bool answer;
        // Rounded up: timers know whole milliseconds, and a wait that is early would be waited again and again.
        var due = TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(atMost.TotalMilliseconds)));
        using (clock.CreateTimer(static r => ((TaskCompletionSource<bool>)r!).TrySetResult(false), rung, due, Timeout.InfiniteTimeSpan))
        using (cancellationToken.UnsafeRegister(static r => ((TaskCompletionSource<bool>)r!).TrySetResult(true), rung))
            answer = await rung.Task;
        // A ring that comes between here and the caller's next look is not lost: the look comes after it.
        _rung = New();
        cancellationToken.ThrowIfCancellationRequested();
        return answer;
    }

    private static TaskCompletionSource<bool> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
