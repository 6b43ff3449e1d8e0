using AspireElection.Stores.Postgres;
using AspireElection.Stores.Postgres.Many;
using Npgsql;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// A PostgreSQL server to which processes come with few sessions for many elections. It ends a session that is silent for
/// longer than its idle time-out, lets go of an ended session's locks one after the other, and can be slow with one session only.
/// </summary>
internal sealed class SharedServer(History history, double rate) : Server(history, rate)
{
    private const int MostPresences = 1_000_000;

    private readonly List<SharedClient> _clients = [];
    private readonly SortedDictionary<int, Backend> _backends = [];
    private readonly Dice _dice = new Dice(history.Plan.Seed).For(77);
    private SharedTables? _tables;
    private int _pids;
    private int _epoch;
    private long _startedAt;

    public TimeSpan Lease => History.Plan.Lease;

    public SharedTables Tables => _tables ??= new SharedTables(History, pid => _backends.GetValueOrDefault(pid));

    public override IElectionStore NewClient(Line line)
    {
        var client = new SharedClient(this, line);
        _clients.Add(client);
        return client;
    }

    /// <summary>Opens a session, which shows its presence at once where it is one that others look at.</summary>
    public Backend Open(SharedClient client, BackendUse use, TimeSpan idle)
    {
        var pid = ++_pids;
        // The number of a process comes again sooner than the key of a presence.
        var backend = new Backend(pid, client, use, use == BackendUse.Watch ? 0 : 1 + (pid * 7919 % MostPresences), idle.Ticks);
        _backends[pid] = backend;
        Idle(backend);
        return backend;
    }

    /// <summary>Runs a statement, at once or as slowly as the session is now; cancelled half done when it takes too long.</summary>
    public void Run<T>(Backend backend, TimeSpan limit, IAnswer<T> answer, Func<double, T> statement)
    {
        var slow = backend.SlowUntil - Now;
        if (slow <= 0)
        {
            Finish(1);
            return;
        }

        backend.BreakOff = () => answer.Refuse(new NpgsqlException("the session has ended"));
        if (limit > TimeSpan.Zero && slow > limit.Ticks)
            AtServerTime(Now + limit.Ticks, () => Finish(_dice.NextDouble()));
        else
            AtServerTime(Now + slow, () => Finish(1));

        void Finish(double done)
        {
            if (!backend.IsOpen)
                return;
            backend.BreakOff = null;
            Idle(backend);
            try
            {
                var result = statement(done);
                if (done < 1)
                    throw Error(PostgresErrorCodes.QueryCanceled, "canceling statement due to statement timeout");
                answer.Give(result);
            }
            catch (PostgresException refused)
            {
                answer.Refuse(refused);
            }
        }
    }

    public bool Beat(Backend backend, TimeSpan lease)
    {
        backend.IdleTimeout = lease.Ticks;
        Idle(backend);
        return true;
    }

    public List<TermAnswer?> Take(Backend backend, IReadOnlyList<TermWish> wishes)
    {
        RefuseWithoutTables();
        return [.. wishes.Select(wish =>
        {
            var before = Tables.RowOf(wish.Candidacy.Election)?.Token ?? 0;
            var answer = Tables.Take(backend.Pid, wish, _epoch, Now - _startedAt, Microseconds, UtcNow);
            if (answer is TermAnswer.Taken taken)
            {
                if (wish.Candidacy.Election == History.Election)
                    History.Granted(wish.Candidacy.Id.ToString(), taken.Token, before < wish.Alive ? [wish.Alive] : []);
                else
                    History.Sides?.WasGranted(wish.Candidacy.Election, taken.Token);
                Notify(wish.Candidacy.Election);
            }

            return answer;
        })];
    }

    public List<SeatView> Look(IReadOnlyList<Stand> stands)
    {
        RefuseWithoutTables();
        return [.. stands.Select(Tables.Look)];
    }

    /// <summary>Answered with true when the session is gone, or with false after the longest wait.</summary>
    public void Watch(SessionPresence presence, TimeSpan longest, IAnswer<bool> answer)
    {
        if (_backends.GetValueOrDefault(presence.Backend) is not { } watched || watched.Presence != presence.Key)
        {
            answer.Give(true);
            return;
        }

        watched.Watchers.Add(answer);
        AtServerTime(Now + longest.Ticks, () =>
        {
            if (watched.Watchers.Remove(answer))
                answer.Give(false);
        });
    }

    public int Mark(IReadOnlyList<SharedSeat> seats)
    {
        // Statements of the pool create what is missing.
        Tables.Exist = true;
        var marked = seats.Where(s => Tables.Mark(s.Term)).ToArray();
        foreach (var seat in marked.Where(s => s.Term.Election == History.Election))
            History.Released(seat.Term.Token);
        Tell(seats);
        return marked.Length;
    }

    public bool Tell(IReadOnlyList<SharedSeat> seats)
    {
        foreach (var seat in seats)
            Notify(seat.Term.Election);
        return true;
    }

    /// <summary>The row of the last term, and whether its own session still holds the lock.</summary>
    public (TermRow? Row, bool IsHeld) LookAt(string election) =>
        (Tables.RowOf(election), Tables.RowOf(election) is { } row && row.Epoch == _epoch && Tables.HolderOf(SeatKey.Of(election)) == row.Backend);

    public bool Close(Backend backend)
    {
        End(backend, tell: false);
        return true;
    }

    public override long? LeaseLeft(Term term) =>
        SessionOf(term) is { BreakOff: null } backend ? InTrueTime(backend.IdleSince + backend.IdleTimeout - Now) : null;

    /// <summary>The session that holds the seat of the term.</summary>
    public Backend? SessionOf(Term term) =>
        Tables.RowOf(term.Election) is { } row && row.Token == term.Token && row.Id == term.Candidate && LookAt(term.Election).IsHeld
            ? _backends.GetValueOrDefault(row.Backend)
            : null;

    /// <summary>One session of somebody's ends, mostly one that holds seats.</summary>
    public override bool EndHoldersSession()
    {
        if (Draw() is not { } backend)
            return false;
        Break(backend, "an administrator ended a session");
        History.Apart?.LostOne(backend, this);
        End(backend, tell: true);
        return true;
    }

    public override void SlowSession(long ticks)
    {
        if (Draw() is { } backend)
            backend.SlowUntil = Now + ticks;
    }

    public override void LockRow(string? election) => Tables.LockedRow = election;

    public override void Wipe() => throw new NotSupportedException("No history empties the tables under living leaders.");

    public override void Disconnected(Line line)
    {
        foreach (var backend in _backends.Values.Where(b => b.Client.Owner == line).ToArray())
        {
            if (line.Host.IsAlive)
                Break(backend, "a holder's connection was reset");
            End(backend, tell: false);
        }

        foreach (var client in _clients.Where(c => c.Owner == line))
            client.Listens = false;
        if (!line.Host.IsAlive)
            _clients.RemoveAll(c => c.Owner == line);
    }

    protected override void Stopped(bool losesData)
    {
        foreach (var backend in _backends.Values)
        {
            backend.IsOpen = false;
            backend.Watchers.Clear();
        }

        _backends.Clear();
        _epoch++;
        foreach (var client in _clients)
            client.Listens = false;
        Tables.Crash(losesData);
        if (!losesData)
            return;
        History.StoreBrokeItsWord("restarted empty", losesTerm: true);
        History.Sides?.Broke(null);
        History.Forgot();
    }

    protected override void Started() => _startedAt = Now;

    private static PostgresException Error(string code, string text) => new(text, "ERROR", "ERROR", code);

    private void RefuseWithoutTables()
    {
        if (!Tables.Exist)
            throw Error(PostgresErrorCodes.UndefinedTable, "relation \"election_terms\" does not exist");
    }

    private Backend? Draw()
    {
        var use = _dice.Hits(0.7) ? BackendUse.Seats : _dice.Pick(BackendUse.Waiters, BackendUse.Watch);
        var some = _backends.Values.Where(b => b.Use == use).ToArray();
        var holding = some.Where(b => Tables.LocksOf(b.Pid).Any()).ToArray();
        if (holding.Length > 0)
            some = holding;
        return some.Length == 0 ? null : some[_dice.Next(some.Length)];
    }

    /// <summary>The seats of a session go before the silence of a lease: the store's fault, in these elections only.</summary>
    private void Break(Backend backend, string how)
    {
        foreach (var election in History.Elections.Where(e => Tables.HolderOf(SeatKey.Of(e)) == backend.Pid))
        {
            if (election == History.Election)
                History.StoreBrokeItsWord(how);
            else
                History.Sides?.Broke(election);
        }
    }

    private void Idle(Backend backend)
    {
        backend.IdleSince = Now;
        if (backend.IdleTimeout > 0)
            LookAfter(backend, Now + backend.IdleTimeout);
    }

    /// <summary>Looks at the session then, unless it is looked at before: that look sees to the next one.</summary>
    private void LookAfter(Backend backend, long due)
    {
        if (due >= backend.WatchedAt)
            return;
        backend.WatchedAt = due;
        AtServerTime(due, () =>
        {
            if (backend.WatchedAt == due)
                EndIfSilent(backend);
        });
    }

    private void EndIfSilent(Backend backend)
    {
        backend.WatchedAt = long.MaxValue;
        if (!backend.IsOpen)
            return;
        var due = backend.IdleSince + backend.IdleTimeout;
        if (backend.BreakOff is not null)
            LookAfter(backend, Now + backend.IdleTimeout);
        else if (due <= Now)
            End(backend, tell: true);
        else
            LookAfter(backend, due);
    }

    private void End(Backend backend, bool tell)
    {
        if (!backend.IsOpen)
            return;
        backend.IsOpen = false;
        backend.BreakOff?.Invoke();
        _backends.Remove(backend.Pid);
        foreach (var watcher in backend.Watchers)
            watcher.Give(true);
        backend.Watchers.Clear();
        if (tell)
            backend.Client.Owner.Tell(() => backend.Client.HearEnded(backend.Pid));
        // The presence goes first, and then one lock after the other.
        var at = Now;
        foreach (var key in Tables.LocksOf(backend.Pid).ToArray())
            AtServerTime(at += _dice.Next(5000), () => Tables.Free(backend.Pid, key));
    }

    private void Notify(string election)
    {
        foreach (var client in _clients)
        {
            // What was told is gone with the session that listened.
            if (!client.Owner.Weather.IsFair && _dice.Hits(0.2))
                continue;
            if (client.Listens)
                client.Owner.Tell(() => client.HearNotification(election));
            foreach (var waiters in _backends.Values.Where(b => b.Use == BackendUse.Waiters && b.Client == client))
                client.Owner.Tell(() => client.HearTold(waiters.Pid, election));
        }
    }
}
