namespace AspireElection.Timing;

/// <summary>
/// One thread of the process that ends trust on time. A timer of the pool would be late when the pool is starved,
/// and would stand still while the host is suspended.
/// </summary>
internal sealed class DeadlineThread
{
    private readonly TimeProvider _clock;
    private readonly object _gate = new();
    private readonly PriorityQueue<IDeadline, long> _watched = new();
    private TimeSpan _slice = TimeSpan.FromSeconds(1);
    private bool _started;

    public DeadlineThread(TimeProvider clock) => _clock = clock;

    public void Watch(IDeadline deadline, TimeSpan slice)
    {
        lock (_gate)
        {
            _watched.Enqueue(deadline, deadline.EndDueAt);
            if (slice < _slice)
                _slice = slice;
            if (!_started)
            {
                _started = true;
                new Thread(Run) { IsBackground = true, Name = "election deadlines", Priority = ThreadPriority.AboveNormal }.Start();
            }

            Monitor.Pulse(_gate);
        }
    }

    private void Run()
    {
        while (true)
        {
            try
            {
                NextDue().EndOnTime();
            }
            catch (Exception)
            {
                // Trust has ended; a logger or a listener of the user's threw when it was told. Everybody else's
                // deadlines, and the process, must not end with it.
            }
        }
    }

    /// <summary>Waits for the next deadline that has come.</summary>
    private IDeadline NextDue()
    {
        lock (_gate)
        {
            while (true)
            {
                if (!_watched.TryPeek(out var next, out var queuedFor))
                {
                    Monitor.Wait(_gate);
                    continue;
                }

                var deadline = next.EndDueAt;
                if (deadline == long.MinValue)
                {
                    _watched.Dequeue();
                }
                else if (deadline > queuedFor)
                {
                    _watched.DequeueEnqueue(next, deadline);
                }
                else if (_clock.Until(deadline) is var left && left > TimeSpan.Zero)
                {
                    Monitor.Wait(_gate, left < _slice ? left + TimeSpan.FromMilliseconds(1) : _slice);
                }
                else
                {
                    _watched.Dequeue();
                    return next;
                }
            }
        }
    }
}
