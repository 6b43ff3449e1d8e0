namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// A server whose seat is a lock of a session, as in PostgreSQL: sessions wait for it in the order of their arrival, and
/// the server ends a session that is silent for longer than its idle time-out. The row of the term outlives a restart.
/// </summary>
internal sealed class SessionServer(History history, double rate) : Server(history, rate)
{
    private static readonly long s_longestWait = TimeSpan.FromSeconds(10).Ticks;
    private static readonly long s_connectionCheck = TimeSpan.FromSeconds(1).Ticks;

    /// <summary>Commits that waited for no disk are there after thrice the time in which the server writes them.</summary>
    private static readonly long s_unwritten = TimeSpan.FromMilliseconds(600).Ticks;

    private readonly List<SessionClient> _clients = [];
    private readonly Dictionary<int, ServerSession> _sessions = [];
    private readonly LinkedList<ServerSession> _line = new();

    /// <summary>The row as it was before each change that no disk may have yet, the oldest first.</summary>
    private readonly List<(long At, TermRow? Before)> _unwritten = [];
    private ServerSession? _holder;
    private TermRow? _row;
    private int _backends;
    private int _epoch;

    /// <summary>Kept over an orderly restart, another one after a crash.</summary>
    private int _mark;

    private long _startedAt;

    public MemberRows Members { get; private set; } = new();

    public Ledger Ledger { get; private set; } = new(history);

    public override IElectionStore NewClient(Line line)
    {
        var client = new SessionClient(this, line, History.Mistake);
        _clients.Add(client);
        return client;
    }

    public override void Wipe()
    {
        History.StoreBrokeItsWord("tables emptied", told: false, losesTerm: true);
        Lose();
    }

    public override bool EndHoldersSession()
    {
        if (_holder is not { } holder)
            return false;
        History.StoreBrokeItsWord("an administrator ended the holder's session");
        End(holder, tell: true);
        return true;
    }

    public override void Disconnected(Line line)
    {
        foreach (var session in _sessions.Values.Where(s => s.Client.Owner == line).ToArray())
        {
            session.ClientIsGone = true;
            if (session == _holder && line.Host.IsAlive)
                History.StoreBrokeItsWord("the holder's connection was reset");
            // Who waits inside the server is looked after once a second.
            if (session.Waiting is null)
                End(session, tell: false);
            else
                AtServerTime(Now + s_connectionCheck, () => EndIfGone(session));
        }

        foreach (var client in _clients.Where(c => c.Owner == line))
            client.Listens = false;
        if (!line.Host.IsAlive)
            _clients.RemoveAll(c => c.Owner == line);
    }

    public int Open(SessionClient client, int priority, TimeSpan idle)
    {
        var session = new ServerSession(++_backends, client, priority) { IdleTimeout = idle.Ticks };
        _sessions[session.Backend] = session;
        Idle(session);
        return session.Backend;
    }

    /// <summary>Waits for the lock; answered when it is granted, or with false after the longest wait.</summary>
    public void LineUp(int backend, TimeSpan grace, IAnswer<bool> answer)
    {
        var session = Session(backend);
        session.Waiting = answer;
        session.IdleTimeout = grace.Ticks;
        if (_holder is null && _line.Count == 0)
        {
            Grant(session);
            return;
        }

        _line.AddLast(session);
        AtServerTime(Now + s_longestWait, () =>
        {
            if (session.Waiting != answer)
                return;
            _line.Remove(session);
            session.Waiting = null;
            session.IdleTimeout = s_longestWait;
            Idle(session);
            answer.Give(false);
        });
    }

    /// <summary>Takes the term for the session that holds the lock, or says why not.</summary>
    public TakeAnswer Take(int backend, Candidacy candidacy, long alive, long outlasted, IReadOnlyCollection<int> steppedBackFor, long steppedBackAfter)
    {
        var session = Session(backend);
        Idle(session);
        if (_holder != session)
            throw Ended();
        var lastToken = _row?.Token ?? 0;
        var better = _line.Where(s => s.Priority > candidacy.Priority && (!steppedBackFor.Contains(s.Backend) || lastToken != steppedBackAfter))
            .MaxBy(s => s.Priority);
        if (better is not null)
            return new TakeAnswer(0, Better: better.Backend, LastToken: lastToken);
        var age = Now - _startedAt;
        var crashed = _row is not null && _row.Mark != _mark;
        if (_row is { } last && (crashed || (!last.Released && last.Id.Incarnation != candidacy.Id.Incarnation)) && last.Token != outlasted &&
            last.Epoch != _epoch && last.Lease.Ticks > age)
        {
            return new TakeAnswer(0, Outlast: last.Token, Left: TimeSpan.FromMilliseconds(Math.Ceiling((last.Lease.Ticks - age) / 1e4)));
        }

        if ((_row?.Token ?? 0) < alive && History.Mistake != WorldMistake.NoWipeGuard)
            return new TakeAnswer(0);
        var token = History.Mistake == WorldMistake.TokenFromAWipedCounter
            ? (_row?.Token ?? 0) + 1
            : FencingToken.Next(_row?.Token ?? 0, candidacy.HighestToken, Microseconds);
        // What a crash takes must not have lasted for longer than what it leaves says, and the next number must be another one.
        var durable = _row is null || _row.Lease < candidacy.LeaseDuration || token == Math.Max(_row.Token, candidacy.HighestToken) + 1;
        Write(new TermRow(token, candidacy.Id, candidacy.Address, candidacy.LeaseDuration, backend, _epoch, _mark, UtcNow), durable);
        session.IdleTimeout = candidacy.LeaseDuration.Ticks;
        Idle(session);
        History.Granted(candidacy.Id.ToString(), token, lastToken < alive ? [alive] : []);
        return new TakeAnswer(token);
    }

    public bool StepBack(int backend)
    {
        var session = Session(backend);
        session.IdleTimeout = s_longestWait;
        Idle(session);
        if (_holder == session)
            PassOn();
        return true;
    }

    /// <summary>A heartbeat: false when the session does not hold the lock.</summary>
    public bool Beat(int backend, TimeSpan lease)
    {
        var session = Session(backend);
        session.IdleTimeout = lease.Ticks;
        Idle(session);
        return true;
    }

    /// <summary>Unlocks and closes.</summary>
    public bool Close(int backend)
    {
        if (_sessions.TryGetValue(backend, out var session))
            End(session, tell: false);
        return true;
    }

    /// <summary>Gives the lock back; the row is marked later.</summary>
    public bool GiveBack(int backend, Term term)
    {
        if (Names(term))
            History.Released(term.Token);
        return StepBack(backend);
    }

    /// <summary>Marks the term as given back, where there is no newer one.</summary>
    public bool Mark(int backend, Term term)
    {
        Idle(Session(backend));
        if (Names(term))
            Write(_row! with { Released = true }, durable: false);
        return true;
    }

    /// <summary>Has all observers look, unless there is a newer term.</summary>
    public bool Tell(Term term)
    {
        if (_row is { } row && row.Token == term.Token && row.Id == term.Candidate)
            Notify();
        return true;
    }

    private bool Names(Term term) => History.Mistake == WorldMistake.ReleaseByHolderOnly
        ? _row is { } held && held.Id.NodeId == term.Candidate.NodeId
        : _row is { } row && row.Token == term.Token && row.Id == term.Candidate;

    /// <summary>The row of the last term, and whether its own session still holds the lock.</summary>
    public (TermRow? Row, bool IsHeld) Look() => (_row, _row is { } row && _holder?.Backend == row.Backend && row.Epoch == _epoch);

    protected override void Stopped(bool losesData)
    {
        foreach (var session in _sessions.Values.ToArray())
        {
            session.IsOpen = false;
            session.Waiting = null;
        }

        _sessions.Clear();
        _line.Clear();
        _holder = null;
        _epoch++;
        // Every other stop is a crash, by the time: drawn from the dice it would make other histories of all seeds.
        if (((ulong)Now * 0x9E3779B97F4A7C15) >> 63 == 0)
            Crash();
        foreach (var client in _clients)
            client.Listens = false;
        if (!losesData)
            return;
        History.StoreBrokeItsWord("restarted empty", losesTerm: true);
        Lose();
    }

    protected override void Started() => _startedAt = Now;

    private void Write(TermRow row, bool durable)
    {
        _unwritten.RemoveAll(w => durable || w.At <= Now - s_unwritten);
        if (!durable)
            _unwritten.Add((Now, _row));
        _row = row;
    }

    /// <summary>The worst one: nothing is left that waited for no disk and need not have come there by itself.</summary>
    private void Crash()
    {
        _mark++;
        if (_unwritten.Find(w => w.At > Now - s_unwritten) is { At: > 0 } first)
            _row = first.Before;
        _unwritten.Clear();
    }

    private static StoreUnavailableException Ended() => new("the session has ended");

    private void Lose()
    {
        _row = null;
        _unwritten.Clear();
        Members = new MemberRows();
        Ledger = new Ledger(History);
        History.Forgot();
    }

    private ServerSession Session(int backend) => _sessions.TryGetValue(backend, out var session) ? session : throw Ended();

    private void Grant(ServerSession session)
    {
        _holder = session;
        var answer = session.Waiting!;
        session.Waiting = null;
        Idle(session);
        answer.Give(true);
    }

    private void PassOn()
    {
        _holder = null;
        if (_line.First is not { } next)
            return;
        _line.RemoveFirst();
        Grant(next.Value);
    }

    private void Idle(ServerSession session)
    {
        session.IdleSince = Now;
        Watch(session, Now + session.IdleTimeout);
    }

    /// <summary>Looks at the session then, unless it is looked at before: that look sees to the next one.</summary>
    private void Watch(ServerSession session, long due)
    {
        if (due >= session.WatchedAt)
            return;
        session.WatchedAt = due;
        AtServerTime(due, () =>
        {
            if (session.WatchedAt == due)
                EndIfSilent(session);
        });
    }

    private void EndIfSilent(ServerSession session)
    {
        session.WatchedAt = long.MaxValue;
        if (!session.IsOpen || session.Waiting is not null)
            return;
        var due = session.IdleSince + session.IdleTimeout;
        if (due <= Now)
            End(session, tell: true);
        else
            Watch(session, due);
    }

    private void EndIfGone(ServerSession session)
    {
        if (session is { IsOpen: true, ClientIsGone: true })
            End(session, tell: false);
    }

    private void End(ServerSession session, bool tell)
    {
        if (!session.IsOpen)
            return;
        session.IsOpen = false;
        _sessions.Remove(session.Backend);
        _line.Remove(session);
        session.Waiting?.Refuse(Ended());
        session.Waiting = null;
        if (tell)
            session.Client.Owner.Tell(() => session.Client.HearEnded(session.Backend));
        if (_holder == session)
            PassOn();
    }

    private void Notify()
    {
        foreach (var client in _clients)
        {
            if (client.Listens)
                client.Owner.Tell(client.HearNotification);
        }
    }
}
