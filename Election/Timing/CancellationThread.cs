using System.Collections.Concurrent;

namespace AspireElection.Timing;

/// <summary>
/// One thread of the process that cancels. Cancelling runs the callbacks of users, which may block: on the election
/// loop or on the deadline thread they would hold up everybody's deadlines.
/// </summary>
internal sealed class CancellationThread
{
    private readonly BlockingCollection<CancellationTokenSource> _queue = [];
    private readonly Lazy<Thread> _thread;

    public CancellationThread() => _thread = new Lazy<Thread>(() =>
    {
        var thread = new Thread(Run) { IsBackground = true, Name = "election cancellations" };
        thread.Start();
        return thread;
    });

    public void Cancel(CancellationTokenSource source)
    {
        _ = _thread.Value;
        _queue.Add(source);
    }

    private void Run()
    {
        foreach (var source in _queue.GetConsumingEnumerable())
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
}
