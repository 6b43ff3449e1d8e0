using System.Runtime.CompilerServices;
using AspireElection.Timing;

namespace AspireElection.Stores.InProcess;

/// <summary>The seat of one election: its holder, the line before it, and whose turn it is.</summary>
/// <remarks>
/// A free seat is not given to a waiter but reserved for it, and the waiter takes it itself: trust is anchored at
/// its own taking, and a waiter that hangs costs the others one turn instead of a lease.
/// </remarks>
internal sealed class Seat : IDisposable
{
    /// <summary>News that wait for a slow observer; it is given the newest.</summary>
    private const int ObserverCapacity = 4;

    private static readonly TimeSpan LongestTurn = TimeSpan.FromMilliseconds(250);

    private readonly TimeProvider _clock;
    private readonly string _election;
    private readonly Lock _gate = new();
    private readonly SortedSet<Waiter> _line = new(Waiter.ByRank);
    private readonly FanOut<Sighting> _observers;
    private readonly ITimer _timer;
    private Term? _term;
    private Leader? _leader;
    private long _endsAt;
    private bool _released;
    private Waiter? _turn;
    private long _turnEndsAt;
    private long _firstToken;
    private long _lastToken;
    private long _arrivals;
    private bool _closed;

    public Seat(string election, TimeProvider clock, Action dropped)
    {
        _observers = new FanOut<Sighting>(ObserverCapacity, dropped);
        _election = election;
        _clock = clock;
        _timer = clock.CreateTimer(
            static seat => ((Seat)seat!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How many stand in line.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _line.Count;
        }
    }

    public async ValueTask<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var waiter = new Waiter(candidacy, Interlocked.Increment(ref _arrivals));
        lock (_gate)
            _line.Add(waiter);
        // Not Task.WaitAsync: it hops over the thread pool, and a simulation could not replay the order.
        using var cancellation = cancellationToken.UnsafeRegister(static w => ((Waiter)w!).Call(), waiter);
        try
        {
            while (true)
            {
                lock (_gate)
                {
                    ObjectDisposedException.ThrowIf(_closed, typeof(InProcessStore));
                    cancellationToken.ThrowIfCancellationRequested();
                    waiter.Missed = false;
                    waiter.Listen();
                    Settle();
                    if (TryTake(waiter) is { } grant)
                        return grant;
                }

                await waiter.Called;
            }
        }
        finally
        {
            lock (_gate)
                Leave(waiter);
        }
    }

    public RenewAnswer Renew(Term term, TimeSpan lease)
    {
        lock (_gate)
        {
            Settle();
            if (_term != term)
                return RenewAnswer.Lost;
            _endsAt = _clock.After(lease);
            _observers.Publish(Now());
            Settle();
            return RenewAnswer.Renewed;
        }
    }

    public void Release(Term term)
    {
        lock (_gate)
        {
            Settle();
            if (_term != term)
                return;
            Vacate(released: true);
            Settle();
        }
    }

    public async IAsyncEnumerable<Sighting> ObserveAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Subscription<Sighting> subscription;
        lock (_gate)
        {
            Settle();
            subscription = _observers.Subscribe(Now());
        }

        using (subscription)
        {
            await foreach (var sighting in subscription.ReadAsync(cancellationToken))
                yield return sighting;
        }
    }

    /// <summary>Forgets holder and tokens, as a store does that lost its data; the line goes on waiting.</summary>
    public void Wipe()
    {
        lock (_gate)
        {
            _firstToken = _lastToken = 0;
            _turn = null;
            Vacate(released: false);
            Settle();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            _timer.Dispose();
            _observers.Complete(new ObjectDisposedException(nameof(InProcessStore)));
            foreach (var waiter in _line)
                waiter.Call();
        }
    }

    private void OnTimer()
    {
        lock (_gate)
            Settle();
    }

    /// <summary>Brings the seat up to now: an ended lease, an ended turn, the next turn, and the next look.</summary>
    private void Settle()
    {
        if (_closed)
            return;
        var now = _clock.GetTimestamp();
        if (_term is not null && now >= _endsAt)
            Vacate(released: false);
        if (_turn is not null && now >= _turnEndsAt)
        {
            _turn.Missed = true;
            _turn = null;
        }

        if (_term is null && _turn is null && _line.FirstOrDefault(w => !w.Missed && FreeFor(w) <= now) is { } next)
        {
            var turn = next.Candidacy.LeaseDuration / 4;
            _turn = next;
            _turnEndsAt = now + (turn < LongestTurn ? turn : LongestTurn).ToTicksOf(_clock);
            next.Call();
        }

        LookAgainAt(_term is not null ? _endsAt : _turn is not null ? _turnEndsAt : NextFree());
    }

    private Grant? TryTake(Waiter waiter)
    {
        var candidacy = waiter.Candidacy;
        var own = _term is not null && _term.Candidate == candidacy.Id;
        if (!own && (_term is not null || _turn != waiter))
            return null;
        var anchor = _clock.GetTimestamp();
        var utc = _clock.GetUtcNow();
        bool? givenBack = own || _lastToken == 0 ? null : _released;
        _lastToken = FencingToken.Next(_lastToken, candidacy.HighestToken, (utc - DateTimeOffset.UnixEpoch).Ticks / 10);
        if (_firstToken == 0)
            _firstToken = _lastToken;
        _turn = null;
        _term = new Term(_election, candidacy.Id, _lastToken);
        _leader = new Leader(candidacy.Id.NodeId, candidacy.Id.Incarnation, candidacy.Address, _lastToken, utc);
        _endsAt = anchor + candidacy.LeaseDuration.ToTicksOf(_clock);
        _observers.Publish(Now());
        return new Grant(_term, anchor) { GivenBack = givenBack };
    }

    private void Leave(Waiter waiter)
    {
        _line.Remove(waiter);
        if (_turn == waiter)
            _turn = null;
        Settle();
    }

    private void Vacate(bool released)
    {
        _term = null;
        _leader = null;
        _released = released;
        _observers.Publish(Now());
    }

    private Sighting Now() => _leader is null
        ? new Sighting(null, _clock.GetTimestamp(), _released)
        : new Sighting(_leader, _endsAt);

    /// <summary>
    /// From when the waiter may take a free seat: not before the end of a term that it knows and that this seat does
    /// not remember, because it was granted before a wipe and may still be trusted in.
    /// </summary>
    private long FreeFor(Waiter waiter)
    {
        var candidacy = waiter.Candidacy;
        if (candidacy.LastSeen is not { Leader: { } leader, Released: false } seen)
            return long.MinValue;
        var own = leader.NodeId == candidacy.Id.NodeId && leader.Incarnation == candidacy.Id.Incarnation;
        var remembered = _firstToken <= leader.Term && leader.Term <= _lastToken;
        return own || remembered ? long.MinValue : seen.EndsAt;
    }

    private long NextFree()
    {
        var next = long.MaxValue;
        foreach (var waiter in _line)
        {
            if (!waiter.Missed)
                next = Math.Min(next, FreeFor(waiter));
        }

        return next;
    }

    private void LookAgainAt(long timestamp)
    {
        // Rounded up: timers know whole milliseconds, and one that is early would look again and again.
        var due = timestamp == long.MaxValue
            ? Timeout.InfiniteTimeSpan
            : TimeSpan.FromMilliseconds(Math.Ceiling(_clock.Until(timestamp).TotalMilliseconds));
        _timer.Change(due, Timeout.InfiniteTimeSpan);
    }
}
