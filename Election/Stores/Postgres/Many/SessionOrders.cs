namespace AspireElection.Stores.Postgres.Many;

/// <summary>
/// What a session is asked to do while it is busy: kept together, so that a hundred renewals are one heartbeat. Bounded
/// by the number of candidacies and seats.
/// </summary>
internal sealed class SessionOrders
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, SharedSeat> _seats = [];
    private readonly List<Stand> _wanted = [];
    private readonly List<long> _unlock = [];
    /// <summary>Who waits for locks that failed to be given back and are tried again.</summary>
    private readonly List<TaskCompletionSource> _unlockedLate = [];
    private TaskCompletionSource<RenewAnswer>? _beat;
    private TaskCompletionSource _unlocked = Completion();
    private TaskCompletionSource _told = Completion();
    private TimeSpan _lease;
    private int _interested;
    private bool _serving;
    private bool _closed;

    public SessionOrders(TimeSpan lease) => _lease = lease;

    /// <summary>The longest lease that a seat of the session was given.</summary>
    public TimeSpan Lease { get { lock (_gate) return _lease; } }

    public bool IsClosed { get { lock (_gate) return _closed; } }

    /// <summary>Whether anybody stands here or holds a seat.</summary>
    public bool IsNeeded { get { lock (_gate) return _interested > 0 || _seats.Count > 0 || _wanted.Count > 0; } }

    /// <summary>Completes with the next order.</summary>
    public Task Told { get { lock (_gate) return _told.Task; } }

    /// <summary>Keeps the session open for a candidacy, so that taking does not begin with opening.</summary>
    public void Attach() => Tell(() => _interested++);

    public void Detach() => Tell(() => _interested--);

    public void Take(Stand stand) => Tell(() => _wanted.Add(stand));

    /// <summary>Something changed that the loop has to look at.</summary>
    public void Tell() => Tell(static () => { });

    public void Close() => Tell(() => _closed = true);

    /// <summary>The answer to a heartbeat that is sent after this call; null for a seat that is over.</summary>
    public Task<RenewAnswer>? Renew(SharedSeat seat, TimeSpan lease, long endsAt)
    {
        lock (_gate)
        {
            if (seat.IsOver)
                return null;
            seat.EndNotBefore(endsAt);
            if (lease > _lease)
                _lease = lease;
            _beat ??= new TaskCompletionSource<RenewAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
            _told.TrySetResult();
            return _beat.Task;
        }
    }

    /// <summary>Ends a seat and has its lock given back; completes when it is, or when the session has ended.</summary>
    public Task Unlock(SharedSeat seat)
    {
        lock (_gate)
        {
            // Whoever ended it before: it is not free until its lock is.
            if (!End(seat) || !_serving)
                return seat.Unlocked;
            _unlock.Add(seat.Key);
            _told.TrySetResult();
            return seat.Unlocked = _unlocked.Task;
        }
    }

    public void Unlock(long key)
    {
        lock (_gate)
            _unlock.Add(key);
    }

    public void Begin()
    {
        lock (_gate)
            _serving = true;
    }

    public void Add(SharedSeat seat)
    {
        lock (_gate)
            _seats.Add(seat.Key, seat);
    }

    /// <summary>Whether locks are to be given back.</summary>
    public bool Owes { get { lock (_gate) return _unlock.Count > 0; } }

    public bool Holds(long key)
    {
        lock (_gate)
            return _seats.ContainsKey(key) || _unlock.Contains(key);
    }

    /// <summary>Everybody who asked for a heartbeat until now; null when nobody did.</summary>
    public TaskCompletionSource<RenewAnswer>? NextBeat()
    {
        lock (_gate)
            return Interlocked.Exchange(ref _beat, null);
    }

    public List<Stand> NextWanted(int most)
    {
        lock (_gate)
        {
            var next = _wanted.GetRange(0, Math.Min(most, _wanted.Count));
            _wanted.RemoveRange(0, next.Count);
            return next;
        }
    }

    /// <summary>The locks to be given back, and who waits to hear that they were.</summary>
    public (long[] Keys, TaskCompletionSource[] Done) NextUnlocks()
    {
        lock (_gate)
        {
            if (_unlock.Count == 0)
                return ([], []);
            long[] keys = [.. _unlock];
            TaskCompletionSource[] done = [.. _unlockedLate, Interlocked.Exchange(ref _unlocked, Completion())];
            _unlock.Clear();
            _unlockedLate.Clear();
            return (keys, done);
        }
    }

    /// <summary>They could not be given back: they still are to be.</summary>
    public void UnlockAgain(long[] keys, TaskCompletionSource[] done)
    {
        lock (_gate)
        {
            _unlock.AddRange(keys);
            _unlockedLate.AddRange(done);
        }
    }

    /// <summary>Ends the seats that nobody renewed; their locks are to be given back. Answers when the next one runs out.</summary>
    public long EndSilent(long now, Action<List<SharedSeat>, Task> ended)
    {
        List<SharedSeat> silent;
        Task unlocked;
        var next = long.MaxValue;
        lock (_gate)
        {
            silent = [.. _seats.Values.Where(s => s.EndsAt <= now)];
            foreach (var seat in silent)
            {
                End(seat);
                _unlock.Add(seat.Key);
                seat.Unlocked = _unlocked.Task;
            }

            unlocked = _unlocked.Task;
            foreach (var seat in _seats.Values)
                next = Math.Min(next, seat.EndsAt);
        }

        if (silent.Count > 0)
            ended(silent, unlocked);
        return next;
    }

    /// <summary>The session is gone, and all locks with it.</summary>
    public List<SharedSeat> Lose(TimeSpan lease)
    {
        lock (_gate)
        {
            List<SharedSeat> lost = [.. _seats.Values];
            lost.ForEach(s => End(s));
            _serving = false;
            _lease = lease;
            _unlock.Clear();
            _unlockedLate.ForEach(u => u.TrySetResult());
            _unlockedLate.Clear();
            Interlocked.Exchange(ref _unlocked, Completion()).TrySetResult();
            Interlocked.Exchange(ref _beat, null)?.TrySetResult(RenewAnswer.Lost);
            return lost;
        }
    }

    /// <summary>Begins to listen anew; to be asked before looking at the orders.</summary>
    public void Listen()
    {
        lock (_gate)
        {
            if (_told.Task.IsCompleted)
                _told = Completion();
        }
    }

    private bool End(SharedSeat seat)
    {
        if (seat.IsOver)
            return false;
        seat.IsOver = true;
        _seats.Remove(seat.Key);
        return true;
    }

    private void Tell(Action change)
    {
        lock (_gate)
        {
            change();
            _told.TrySetResult();
        }
    }

    private static TaskCompletionSource Completion() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
