using AspireElection.Timing;
using Npgsql;

namespace AspireElection.Stores.Postgres.Many;

/// <summary>The seats of a store whose elections share a few sessions.</summary>
internal sealed class SharedSeats : IPostgresSeats
{
    /// <summary>How many seats are looked at in one statement.</summary>
    private const int AtOnce = 1024;

    /// <summary>How many sessions of others are waited for, for each session of one's own.</summary>
    private const int WatchesForEach = 4;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly int _sessions;
    private readonly ISharedSessions _server;
    private readonly PostgresErrors _errors;
    private readonly TimeProvider _clock;
    private readonly ElectionThreads _threads;
    private readonly Lock _gate = new();
    private readonly Dictionary<(TimeSpan Lease, int Place), SessionSlot> _slots = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly ElectionLines _lines;
    private readonly BrokenWaits _broken;
    private readonly SeatReleases _releases;
    private readonly SessionWatches _watches;
    private Task? _loop;

    /// <summary>Whether the present session of those who wait has done its work once.</summary>
    private bool _served;

    public SharedSeats(int sessions, ISharedSessions server, PostgresErrors errors, TimeProvider clock, ElectionThreads threads)
    {
        _sessions = sessions;
        _server = server;
        _errors = errors;
        _clock = clock;
        _threads = threads;
        _broken = new BrokenWaits(clock);
        _lines = new ElectionLines(clock) { SlotOf = SlotOf, GiveBack = GiveBack, RanOut = RanOut, Refusal = Refusal };
        _releases = new SeatReleases(server, _lines, clock, threads);
        _watches = new SessionWatches(server, threads, sessions * WatchesForEach, _lines.IsHolder, _lines.HolderEnded, _lines.NotWatched);
    }

    public async ValueTask<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, typeof(PostgresStore));
        cancellationToken.ThrowIfCancellationRequested();
        // A new campaign of the same incarnation has given its earlier term up.
        if (_lines.OrphanOf(candidacy) is { } orphan)
            await DropAsync(orphan, cancellationToken);
        _broken.Remind(candidacy);
        await EnsureAsync(cancellationToken);
        var stand = new Stand(candidacy);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        _lines.Add(stand);
        lock (_gate)
            _loop ??= RunAsync();
        await using (ending.Token.UnsafeRegister(_ => Leave(stand, cancellationToken), null))
            return await GrantedAsync(stand);
    }

    public async ValueTask<RenewAnswer> RenewAsync(Term term, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        if (_lines.SeatOf(term) is not { } seat)
            return RenewAnswer.Lost;
        if (leaseDuration > seat.Lease)
        {
            // Before the server keeps the session for longer: who waits out the term must not be told too little.
            await _server.LongerLeaseAsync(term, leaseDuration, cancellationToken);
            seat.Lease = leaseDuration;
        }

        return await seat.Slot.RenewAsync(seat, leaseDuration, cancellationToken);
    }

    public async ValueTask ReleaseAsync(Term term, CancellationToken cancellationToken)
    {
        if (_lines.Take(term) is { } seat)
            await _releases.ReleaseAsync(seat);
    }

    /// <summary>Ends all waiting, and closes every session and with it every seat.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _lines.Tell();
        SessionSlot[] slots;
        Task? loop;
        lock (_gate)
        {
            slots = [.. _slots.Values];
            loop = _loop;
        }

        await Task.WhenAll(slots.Select(s => s.DisposeAsync().AsTask()));
        if (loop is not null)
            await loop;
        await _watches.DisposeAsync();
    }

    private async Task DropAsync(SharedSeat seat, CancellationToken cancellationToken)
    {
        _lines.Take(seat.Term);
        try
        {
            await _threads.Follow(seat.Slot.UnlockAsync(seat)).WaitAsync(cancellationToken);
        }
        finally
        {
            // Also where nobody waits for the server any more: nobody else would let the next of this process stand.
            _lines.Ended(seat);
        }
    }

    private void GiveBack(SharedSeat seat)
    {
        _lines.Take(seat.Term);
        _ = _releases.ReleaseAsync(seat);
    }

    private StoreUnavailableException Refusal(Stand stand, string program) => _errors.Unfit(
        $"the advisory lock {stand.Key} of the election '{stand.Candidacy.Election}' is held by another program " +
        $"(application '{program}'); change the key there, or rename the election");

    private void RanOut(List<SharedSeat> seats, Task unlocked) => _ = _releases.TellAsync(seats, unlocked);

    private async Task<Grant> GrantedAsync(Stand stand)
    {
        try
        {
            return await stand.Granted;
        }
        catch (StoreUnavailableException exception) when (
            exception.InnerException is PostgresException { SqlState: PostgresErrorCodes.UndefinedTable })
        {
            _server.Forget();
            throw;
        }
    }

    private void Leave(Stand stand, CancellationToken cancellationToken)
    {
        stand.Cancel(cancellationToken);
        _lines.Leave(stand);
    }

    private async Task EnsureAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _server.EnsureAsync(cancellationToken);
        }
        catch (Exception exception) when (PostgresErrors.AreOfServer(exception))
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw _errors.Unavailable(exception);
        }
    }

    /// <summary>The session of an election: always the same one, so that a loss costs the same few.</summary>
    private SessionSlot SlotOf(Candidacy candidacy)
    {
        var place = (candidacy.LeaseDuration, (int)((ulong)SeatKey.Of(candidacy.Election) % (ulong)_sessions));
        lock (_gate)
        {
            if (!_slots.TryGetValue(place, out var slot))
            {
                var lease = candidacy.LeaseDuration;
                slot = new SessionSlot(cancellation => _server.OpenSeatsAsync(lease, cancellation), _errors, lease, _clock, _lines, _threads);
                _slots.Add(place, slot);
            }

            return slot;
        }
    }

    private async Task RunAsync()
    {
        await _threads.OffTheCallerAsync();
        var pause = FirstPause;
        while (!_closing.IsCancellationRequested)
        {
            _served = false;
            try
            {
                await using var session = await _server.OpenWaitersAsync(_closing.Token);
                _lines.BeginAnew();
                await ServeAsync(session);
            }
            catch (Exception exception)
            {
                // Whatever it was: those who wait must be told unless a new session helps, and the loop must not end.
                var isEmpty = exception is PostgresException { SqlState: PostgresErrorCodes.UndefinedTable };
                if (isEmpty)
                    _server.Forget();
                // The tables are there as soon as somebody stands anew: that must not wait for the end of an earlier outage's pause.
                if (_served || isEmpty)
                    pause = FirstPause;
                if (_served)
                    KeepInMind(_lines.Waiting());
                else
                    _lines.FailAll(PostgresErrors.AreOfServer(exception) ? _errors.Unavailable(exception) : exception);
                await PauseAsync(pause);
                var longest = PauseAtMost();
                pause = pause * 2 < longest ? pause * 2 : longest;
            }
        }
    }

    private async Task ServeAsync(IWaiterSession session)
    {
        while (true)
        {
            // In this order: who closes the store tells it once, and a loop that did not listen yet would sleep through it.
            var told = _lines.Listen();
            if (_closing.IsCancellationRequested)
                return;
            _lines.Changed(session.NextTold());
            // Before looking: who does not wait any more must not count as a better one.
            if (_lines.NextLeaving() is { Count: > 0 } leaving)
                await session.LeaveAsync(leaving);
            var due = _lines.NextDue(AtOnce);
            _lines.Saw(due, await session.LookAsync(due), Watch);
            if (_lines.NextWaiting() is { Count: > 0 } waiting)
                await session.JoinAsync(waiting);
            _served = true;
            await session.PauseAsync(_lines.UntilNextDue(), told, _clock);
        }
    }

    /// <summary>Those who go on waiting, and those who will stand anew, are told alike of the terms that held until now.</summary>
    private void KeepInMind(List<Candidacy> waiting)
    {
        foreach (var candidacy in waiting)
        {
            _broken.BrokeOff(candidacy);
            _broken.Remind(candidacy);
        }
    }

    private bool Watch(SessionPresence holder)
    {
        // The end of a session of one's own is told without asking the server.
        lock (_gate)
        {
            if (_slots.Values.Any(s => s.Backend == holder.Backend))
                return true;
        }

        return _watches.Watch(holder);
    }

    /// <summary>A seat must not stay without a leader for longer than its lease because the server was away before.</summary>
    private TimeSpan PauseAtMost()
    {
        lock (_gate)
            return _slots.Keys.Select(s => s.Lease).Append(LongestPause).Min();
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        try
        {
            await Task.Delay(pause, _clock, _closing.Token);
        }
        catch (OperationCanceledException)
        {
            // It is being closed; the loop sees that.
        }
    }
}
