using System.Threading.Tasks.Sources;

namespace AspireElection;

/// <summary>
/// News that wait for one reader, at most so many: the oldest are lost. It needs no memory for more than one before they
/// come, and waiting allocates nothing: a process with ten thousand elections has ten thousand of these.
/// </summary>
internal sealed class NewsQueue<T>(int capacity) : IValueTaskSource<bool>
{
    // The reader goes on elsewhere: who publishes must not run it.
    private ManualResetValueTaskSourceCore<bool> _waiting = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _cancelling;
    private T _oldest = default!;
    private Queue<T>? _others;
    private Exception? _end;
    private bool _isEmpty = true;
    private bool _waits;
    private bool _ended;

    /// <summary>Adds the newest; false when the oldest was lost for it.</summary>
    public bool Add(T news)
    {
        bool loses, waited;
        lock (this)
        {
            if (_ended)
                return true;
            loses = !_isEmpty && 1 + (_others?.Count ?? 0) == capacity;
            if (loses)
                Take();
            if (_isEmpty)
                (_oldest, _isEmpty) = (news, false);
            else
                (_others ??= new Queue<T>()).Enqueue(news);
            (waited, _waits) = (_waits, false);
        }

        // Not under the lock: a context of the user's may run the reader on the spot.
        if (waited)
            _waiting.SetResult(true);
        return !loses;
    }

    /// <summary>Nothing comes after what is here already; the reader is given the error then, if there is one.</summary>
    public void End(Exception? error)
    {
        lock (this)
        {
            if (_ended)
                return;
            (_ended, _end) = (true, error);
            if (!_waits)
                return;
            _waits = false;
        }

        if (error is null)
            _waiting.SetResult(false);
        else
            _waiting.SetException(error);
    }

    public bool TryRead(out T news)
    {
        lock (this)
        {
            news = _oldest;
            return !_isEmpty && Take();
        }
    }

    /// <summary>Waits until there is something to read; false at the end.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<bool>(cancellationToken);
        lock (this)
        {
            if (!_isEmpty)
                return new ValueTask<bool>(true);
            if (_ended)
                return _end is null ? new ValueTask<bool>(false) : ValueTask.FromException<bool>(_end);
            if (_waits)
                throw new InvalidOperationException("Two read one subscription; each reader needs its own.");
            _waiting.Reset();
            _waits = true;
            var version = _waiting.Version;
            if (cancellationToken.CanBeCanceled)
                _cancelling = cancellationToken.UnsafeRegister(static (queue, token) => ((NewsQueue<T>)queue!).Cancel(token), this);
            return new ValueTask<bool>(this, version);
        }
    }

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        // Also waits for a cancellation that is just being told: it would end the next wait instead.
        _cancelling.Dispose();
        return _waiting.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _waiting.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiting.OnCompleted(continuation, state, token, flags);

    private bool Take()
    {
        if (_others is { Count: > 0 })
            _oldest = _others.Dequeue();
        else
            (_oldest, _others, _isEmpty) = (default!, null, true);
        return true;
    }

    private void Cancel(CancellationToken cancellationToken)
    {
        lock (this)
        {
            if (!_waits)
                return;
            _waits = false;
        }

        _waiting.SetException(new OperationCanceledException(cancellationToken));
    }
}
