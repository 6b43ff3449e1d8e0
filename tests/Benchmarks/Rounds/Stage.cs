namespace AspireElection.Benchmarks.Rounds;

/// <summary>
/// In the order in which they come: who measures milliseconds is alone, and processes start together, as many as there are cores.
/// </summary>
internal sealed class Stage
{
    private readonly Lock _gate = new();
    private readonly LinkedList<(bool Alone, TaskCompletionSource<IDisposable> Entered)> _waiting = [];
    private int _inside;
    private bool _isAlone;

    /// <summary>Nobody else is inside until the result is disposed.</summary>
    public Task<IDisposable> AloneAsync(CancellationToken stop) => EnterAsync(alone: true, stop);

    /// <summary>Only others that start processes are inside.</summary>
    public Task<IDisposable> TogetherAsync(CancellationToken stop) => EnterAsync(alone: false, stop);

    private async Task<IDisposable> EnterAsync(bool alone, CancellationToken stop)
    {
        var entered = new TaskCompletionSource<IDisposable>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting.AddLast((alone, entered));
            Admit();
        }

        // Only the end of the whole run cancels: then nobody enters any more.
        using var cancelled = stop.Register(() => entered.TrySetCanceled(stop));
        return await entered.Task;
    }

    private void Leave()
    {
        lock (_gate)
        {
            _inside--;
            _isAlone = false;
            Admit();
        }
    }

    private void Admit()
    {
        // Those who start processes go in together with others that do, past those who want to be alone.
        for (var next = First(); next is not null; next = First())
        {
            _waiting.Remove(next);
            _inside++;
            _isAlone = next.Value.Alone;
            if (!next.Value.Entered.TrySetResult(new Turn(this)))
                _inside--;
        }
    }

    private LinkedListNode<(bool Alone, TaskCompletionSource<IDisposable> Entered)>? First()
    {
        if (_inside == 0)
            return _waiting.First;
        if (_isAlone || _inside >= Environment.ProcessorCount)
            return null;
        var node = _waiting.First;
        while (node is { Value.Alone: true })
            node = node.Next;
        return node;
    }

    private sealed class Turn(Stage stage) : IDisposable
    {
        public void Dispose() => stage.Leave();
    }
}
