using AspireElection.Timing;

namespace AspireElection.Stores.Postgres.Many;

/// <summary>
/// All candidacies of a store that wait, and the seats that they were given. Looks at many seats at once, has those
/// that are free taken, and waits for the sessions that hold the others.
/// </summary>
internal sealed class ElectionLines : ISeatLines
{
    /// <summary>How often a seat is looked at whose holder is waited for, in case a message was lost.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private readonly Dictionary<string, ElectionLine> _lines = new(StringComparer.Ordinal);
    private readonly Dictionary<Term, SharedSeat> _held = [];
    private readonly List<Candidacy> _leaving = [];
    private TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ElectionLines(TimeProvider clock) => _clock = clock;

    /// <summary>Finds the session of a candidacy; set before the first one stands.</summary>
    public required Func<Candidacy, SessionSlot> SlotOf { get; init; }

    /// <summary>Gives back a seat that nobody wants any more.</summary>
    public required Action<SharedSeat> GiveBack { get; init; }

    /// <summary>What is said to who waits for a seat whose lock another program holds.</summary>
    public required Func<Stand, string, Exception> Refusal { get; init; }

    /// <summary>Tells others of seats that have run out, once their locks are given back.</summary>
    public required Action<List<SharedSeat>, Task> RanOut { get; init; }

    /// <summary>Completes when there is something new; to be asked before looking.</summary>
    public Task Listen()
    {
        lock (_gate)
        {
            if (_told.Task.IsCompleted)
                _told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _told.Task;
        }
    }

    public void Tell()
    {
        lock (_gate)
            _told.TrySetResult();
    }

    public SharedSeat? SeatOf(Term term)
    {
        lock (_gate)
            return _held.GetValueOrDefault(term);
    }

    /// <summary>The seat that an earlier campaign of the same incarnation left.</summary>
    public SharedSeat? OrphanOf(Candidacy candidacy)
    {
        lock (_gate)
            return _lines.GetValueOrDefault(candidacy.Election)?.Seat is { } seat && seat.Term.Candidate == candidacy.Id ? seat : null;
    }

    public void Add(Stand stand)
    {
        SlotOf(stand.Candidacy).Attach();
        lock (_gate)
        {
            if (!_lines.TryGetValue(stand.Candidacy.Election, out var line))
                _lines.Add(stand.Candidacy.Election, line = new ElectionLine(_clock));
            line.Add(stand);
            _told.TrySetResult();
        }
    }

    /// <summary>The candidacy is over; what is being taken for it is given back by the session.</summary>
    public void Leave(Stand stand)
    {
        lock (_gate)
            Remove(stand);
        SlotOf(stand.Candidacy).Look();
    }

    /// <summary>Takes a seat off the list, so that it cannot be renewed any more.</summary>
    public SharedSeat? Take(Term term)
    {
        lock (_gate)
        {
            _held.Remove(term, out var seat);
            return seat;
        }
    }

    public void Granted(Stand stand, SharedSeat seat, long anchor)
    {
        lock (_gate)
        {
            var line = _lines[stand.Candidacy.Election];
            line.Taking = null;
            line.Seat = seat;
            _held[seat.Term] = seat;
            Remove(stand);
        }

        if (!stand.Grant(new Grant(seat.Term, anchor) { GivenBack = seat.GivenBack }))
            GiveBack(seat);
    }

    public void Again(Stand stand, long timestamp)
    {
        lock (_gate)
            Settle(stand)?.LookAt(timestamp);
    }

    public void Failed(Stand stand, Exception exception)
    {
        lock (_gate)
        {
            Settle(stand)?.LookAt(_clock.GetTimestamp());
            Remove(stand);
        }

        stand.Fail(exception);
    }

    public void Ended(SharedSeat seat)
    {
        lock (_gate)
        {
            _held.Remove(seat.Term);
            var election = seat.Term.Election;
            if (_lines.TryGetValue(election, out var line) && line.Seat == seat)
            {
                line.Seat = null;
                line.LookAt(_clock.GetTimestamp());
                RemoveEmpty(election, line);
                _told.TrySetResult();
            }
        }
    }

    public void RunOut(List<SharedSeat> seats, Task unlocked)
    {
        lock (_gate)
            seats.ForEach(s => _held.Remove(s.Term));
        seats.ForEach(s => s.Candidacy.RenewNow());
        RanOut(seats, unlocked);
    }

    public bool IsHolder(SessionPresence session)
    {
        lock (_gate)
            return _lines.Values.Any(l => l.Holder == session && l.Next is not null);
    }

    public void HolderEnded(SessionPresence session)
    {
        lock (_gate)
        {
            foreach (var line in _lines.Values.Where(l => l.Holder == session))
                line.HolderEnded(session);
            _told.TrySetResult();
        }
    }

    /// <summary>The session is not waited for any more: its seats are to be looked at now and then.</summary>
    public void NotWatched(SessionPresence session)
    {
        lock (_gate)
        {
            foreach (var line in _lines.Values.Where(l => l.Holder == session && l.Next is not null))
                line.LookAt(Math.Min(line.DueAt, _clock.After(line.Next!.Candidacy.RetryPeriod)));
            _told.TrySetResult();
        }
    }

    /// <summary>The seats of these elections have changed.</summary>
    public void Changed(string[] elections)
    {
        lock (_gate)
        {
            foreach (var election in elections)
                _lines.GetValueOrDefault(election)?.LookAt(_clock.GetTimestamp());
        }
    }

    /// <summary>All seats are to be looked at, and all who wait to be registered: the session that did so is a new one.</summary>
    public void BeginAnew()
    {
        lock (_gate)
        {
            _leaving.Clear();
            foreach (var line in _lines.Values)
            {
                line.LookAt(_clock.GetTimestamp());
                foreach (var stand in line.Stands)
                    stand.IsRegistered = false;
            }
        }
    }

    /// <summary>Those whose seats are to be looked at now, at most so many.</summary>
    public List<Stand> NextDue(int most)
    {
        lock (_gate)
        {
            var now = _clock.GetTimestamp();
            return [.. _lines.Values.Where(l => l.DueAt <= now).Select(l => l.Next).OfType<Stand>().Take(most)];
        }
    }

    /// <summary>Until when nothing is to be looked at.</summary>
    public TimeSpan UntilNextDue()
    {
        lock (_gate)
        {
            var next = _lines.Values.Where(l => l.Next is not null).Select(l => l.DueAt).DefaultIfEmpty(long.MaxValue).Min();
            var left = _clock.Until(next);
            return left < Poll ? left.ForTimer() : Poll;
        }
    }

    /// <summary>What was seen of the seats: those that are free and whose turn it is are taken.</summary>
    /// <param name="stands">Who was looked for.</param>
    /// <param name="views">How the seats looked to them.</param>
    /// <param name="watch">Waits for the end of a session; false when it cannot.</param>
    public void Saw(List<Stand> stands, List<SeatView> views, Func<SessionPresence, bool> watch)
    {
        lock (_gate)
        {
            for (var i = 0; i < stands.Count; i++)
            {
                var stand = stands[i];
                if (_lines.GetValueOrDefault(stand.Candidacy.Election) is not { } line || line.Next != stand)
                    continue;
                if (line.Saw(views[i], stand))
                {
                    line.Taking = stand;
                    SlotOf(stand.Candidacy).Take(stand);
                }
                else if (line.IsForeign)
                {
                    Refuse(line, views[i].Program!);
                }
                else if (line.Holder is { } holder && watch(holder))
                {
                    line.LookAt(_clock.After(Poll));
                }
            }
        }
    }

    /// <summary>Those who do not wait any more, and whom the register names.</summary>
    public List<Candidacy> NextLeaving()
    {
        lock (_gate)
        {
            List<Candidacy> leaving = [.. _leaving];
            _leaving.Clear();
            return leaving;
        }
    }

    /// <summary>Those who wait, and whom the register does not name yet.</summary>
    public List<Candidacy> NextWaiting()
    {
        lock (_gate)
        {
            List<Stand> waiting = [.. _lines.Values.SelectMany(l => l.Stands.Where(s => !s.IsRegistered && s != l.Taking))];
            waiting.ForEach(s => s.IsRegistered = true);
            // Who left and stands again is registered now, and would be taken off the register by the next turn.
            _leaving.RemoveAll(l => waiting.Exists(s => s.Candidacy.Election == l.Election && s.Candidacy.Id == l.Id));
            return waiting.ConvertAll(s => s.Candidacy);
        }
    }

    /// <summary>All who wait.</summary>
    public List<Candidacy> Waiting()
    {
        lock (_gate)
            return [.. _lines.Values.SelectMany(l => l.Stands).Select(s => s.Candidacy)];
    }

    /// <summary>Tells all who wait that the store cannot be reached.</summary>
    public void FailAll(Exception exception)
    {
        List<Stand> failed;
        lock (_gate)
        {
            failed = [.. _lines.Values.SelectMany(l => l.Stands)];
            failed.ForEach(Remove);
        }

        failed.ForEach(s => s.Fail(exception));
    }

    private void Refuse(ElectionLine line, string program)
    {
        foreach (var stand in line.Stands.ToList())
        {
            Remove(stand);
            stand.Fail(Refusal(stand, program));
        }
    }

    private ElectionLine? Settle(Stand stand)
    {
        _told.TrySetResult();
        if (!_lines.TryGetValue(stand.Candidacy.Election, out var line) || line.Taking != stand)
            return null;
        line.Taking = null;
        RemoveEmpty(stand.Candidacy.Election, line);
        return line;
    }

    private void Remove(Stand stand)
    {
        var election = stand.Candidacy.Election;
        if (!_lines.TryGetValue(election, out var line) || !line.Remove(stand))
            return;
        SlotOf(stand.Candidacy).Detach();
        if (stand.IsRegistered)
            _leaving.Add(stand.Candidacy);
        RemoveEmpty(election, line);
        _told.TrySetResult();
    }

    private void RemoveEmpty(string election, ElectionLine line)
    {
        if (line.IsEmpty)
            _lines.Remove(election);
    }
}
