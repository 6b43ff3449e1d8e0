namespace AspireElection.Timing;

/// <summary>
/// Threads of their own that cancel. Cancelling runs the callbacks of users, which may block: on the election loop or
/// on the deadline thread they would hold up everybody's deadlines.
/// </summary>
/// <remarks>
/// One thread serves all while nobody blocks. While a callback blocks, others take over what comes after it, in
/// particular the loss that follows a resign; so one election's bad callback does not keep the work of another from
/// being told. Beyond <see cref="Most"/> blocked ones, the rest waits for the first that ends.
/// </remarks>
internal sealed class CancellationThreads
{
    /// <summary>How many callbacks may block at one time before others have to wait for them.</summary>
    public const int Most = 16;

    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(10);

    private readonly object _gate = new();
    private readonly Queue<CancellationTokenSource> _queue = new();
    private int _threads;
    private int _idle;

    public void Cancel(CancellationTokenSource source)
    {
        lock (_gate)
        {
            _queue.Enqueue(source);
            if (_idle >= _queue.Count || _threads == Most)
            {
                Monitor.Pulse(_gate);
                return;
            }

            _threads++;
        }

        new Thread(Run) { IsBackground = true, Name = "election cancellations" }.Start();
    }

    private void Run()
    {
        while (Next() is { } source)
        {
            try
            {
                source.Cancel();
            }
            catch (AggregateException)
            {
                // A user's callback threw. The token is cancelled all the same, and the next leadership's end must
                // not depend on it.
            }
            catch (ObjectDisposedException)
            {
                // Nobody listens any more.
            }
        }
    }

    /// <summary>What to cancel next; null when a thread too many has waited for long enough.</summary>
    private CancellationTokenSource? Next()
    {
        lock (_gate)
        {
            while (_queue.Count == 0)
            {
                _idle++;
                var called = Monitor.Wait(_gate, Linger);
                _idle--;
                if (!called && _queue.Count == 0 && _threads > 1)
                {
                    _threads--;
                    return null;
                }
            }

            return _queue.Dequeue();
        }
    }
}
