using System.Runtime.CompilerServices;
using AspireElection.Stores.Postgres;
using AspireElection.Stores.Postgres.Many;
using AspireElection.Timing;
using Npgsql;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// The store of one process: its seats are the real ones of shared sessions, <see cref="SharedSeats"/>; only what they
/// say to the server goes over the simulated line.
/// </summary>
internal sealed class SharedClient : StoreClient, ISharedSessions
{
    private const int Sessions = 2;

    private static readonly TimeSpan s_waitersSilence = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_longestPoll = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_shortestPoll = TimeSpan.FromMilliseconds(50);

    private readonly SharedServer _server;
    private readonly SharedSeats _seats;
    private readonly List<ClientEnd> _open = [];
    private readonly HashSet<int> _ended = [];
    private readonly List<(string Election, Bell Bell)> _observers = [];
    private bool _exist;

    public SharedClient(SharedServer server, Line line)
        : base(line, () => server.Tables.MembersOf(History.Election), () => server.Tables.Ledger, () => server.UtcNow)
    {
        _server = server;
        _seats = new SharedSeats(Sessions, this, new PostgresErrors("Host=simulated;Username=sim"), line.Host.Clock, line.Host.Threads);
        line.Broke += ConnectionBroke;
    }

    public static long MainKey { get; } = SeatKey.Of(History.Election);

    public override string Kind => "postgres";

    public Line Owner => Line;

    /// <summary>As the server knows it: a listening session is open.</summary>
    public bool Listens { get; set; }

    /// <summary>Npgsql's time-outs.</summary>
    public static TimeSpan WholeSeconds(TimeSpan duration) => TimeSpan.FromSeconds(ConnectionSettings.WholeSeconds(duration));

    public override ValueTask<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken) =>
        _seats.AcquireAsync(candidacy, cancellationToken);

    public override ValueTask<RenewAnswer> RenewAsync(Term term, TimeSpan leaseDuration, CancellationToken cancellationToken) =>
        _seats.RenewAsync(term, leaseDuration, cancellationToken);

    public override ValueTask ReleaseAsync(Term term, CancellationToken cancellationToken) => _seats.ReleaseAsync(term, cancellationToken);

    public override async ValueTask<IReadOnlyList<Member>> HeartbeatAsync(Member self, CancellationToken cancellationToken) =>
        await AskAsync("heartbeat", () => _server.Tables.MembersOf(self.Election).Beat(self, _server.UtcNow), LongestWait, cancellationToken);

    public override async ValueTask<IReadOnlyList<Member>> ListAsync(string election, CancellationToken cancellationToken) =>
        await AskAsync("list", () => _server.Tables.MembersOf(election).List(), LongestWait, cancellationToken);

    public override async ValueTask LeaveAsync(string election, CandidateId id, CancellationToken cancellationToken) =>
        await AskAsync("leave", () => _server.Tables.MembersOf(election).Remove(id), LongestWait, cancellationToken);

    public override async IAsyncEnumerable<Sighting> ObserveAsync(string election, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var bell = new Bell(Clock, TimeSpan.FromSeconds(1));
        var told = false;
        Sighting? last = null;
        bell.OnRing = () => told = true;
        _observers.Add((election, bell));
        try
        {
            while (true)
            {
                // What is told from now on may be newer than the answer.
                told = false;
                var (row, held) = await AskAsync("look", () => LookAndListen(election), LongestWait, cancellationToken);
                var sighting = SightingOf(row, held);
                if (sighting.Leader is not null || last is not { Leader: null } free || free.Released != sighting.Released)
                {
                    last = sighting;
                    yield return sighting;
                }

                var poll = row is null || row.Lease / 2 > s_longestPoll ? s_longestPoll : row.Lease / 2;
                var pollAt = Clock.After(poll < s_shortestPoll ? s_shortestPoll : poll);
                await bell.WaitAsync(() => told ? long.MinValue : pollAt, cancellationToken);
                if (!Line.IsUp)
                    throw new StoreUnavailableException("the listening connection broke");
            }
        }
        finally
        {
            _observers.Remove((election, bell));
        }
    }

    public async ValueTask EnsureAsync(CancellationToken cancellationToken)
    {
        if (_exist)
            return;
        _exist = await MappedAsync(AskAsync("create the tables", () => _server.Tables.Exist = true, LongestWait, cancellationToken));
    }

    public void Forget() => _exist = false;

    /// <summary>The session is open, as far as its end here knows.</summary>
    public bool Believes(Backend backend) => _open.Exists(e => e.Pid == backend.Pid && e.IsOpen);

    public async Task<ISeatSession> OpenSeatsAsync(TimeSpan lease, CancellationToken cancellationToken) =>
        Keep(new SeatEnd(this, _server, await OpenAsync("open seats", BackendUse.Seats, lease, cancellationToken), lease));

    public async Task<IWaiterSession> OpenWaitersAsync(CancellationToken cancellationToken) =>
        Keep(new WaiterEnd(this, _server, await OpenAsync("open waiters", BackendUse.Waiters, s_waitersSilence, cancellationToken)));

    public async Task<ISessionWatch> OpenWatchAsync(SessionPresence presence, CancellationToken cancellationToken) =>
        Keep(new WatchEnd(this, _server, await OpenAsync("open a watch", BackendUse.Watch, TimeSpan.Zero, cancellationToken), presence));

    public Task<int> MarkAsync(List<SharedSeat> seats, CancellationToken cancellationToken) =>
        AskAsync("mark", () => _server.Mark(seats), LongestWait, cancellationToken);

    public Task TellAsync(List<SharedSeat> seats) => AskAsync("tell", () => _server.Tell(seats), LongestWait, CancellationToken.None);

    public Task LongerLeaseAsync(Term term, TimeSpan lease, CancellationToken cancellationToken) =>
        throw new NotSupportedException("No history makes a lease longer.");

    public void HearNotification(string election)
    {
        foreach (var (_, bell) in _observers.Where(o => o.Election == election).ToArray())
            bell.Ring();
    }

    public void HearTold(int pid, string election) => (_open.Find(e => e.Pid == pid) as WaiterEnd)?.Hear(election);

    /// <summary>The server ended a session.</summary>
    public void HearEnded(int pid)
    {
        _ended.Add(pid);
        _open.Find(e => e.Pid == pid)?.End();
    }

    public Task<T> AskBoundedAsync<T>(string what, Action<IAnswer<T>> atServer, TimeSpan bound, CancellationToken cancellationToken) =>
        AskAsync(what, atServer, bound, cancellationToken);

    public void Close(ClientEnd end, Backend backend)
    {
        if (_open.Remove(end))
            _ = CloseAsync(backend);
    }

    private static async Task<T> MappedAsync<T>(Task<T> asked)
    {
        try
        {
            return await asked;
        }
        catch (StoreUnavailableException unanswered)
        {
            throw new NpgsqlException(unanswered.Message, unanswered);
        }
    }

    /// <summary>Npgsql gives up after 15 s; but what it sends meanwhile goes on a connection of its own, which finds a line that is whole again.</summary>
    private Task<Backend> OpenAsync(string what, BackendUse use, TimeSpan idle, CancellationToken cancellationToken) =>
        MappedAsync(AskAsync(what, () => _server.Open(this, use, idle), _server.Lease, cancellationToken, late: backend => _ = CloseAsync(backend)));

    private T Keep<T>(T end)
        where T : ClientEnd
    {
        _open.Add(end);
        // It may have ended before its opening was heard of.
        if (_ended.Contains(end.Pid) || !Line.IsUp)
            end.End();
        return end;
    }

    private async Task CloseAsync(Backend backend)
    {
        try
        {
            await AskAsync("close a session", () => _server.Close(backend), LongestWait, CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // The server ends it when it has been silent for long enough.
        }
    }

    private (TermRow? Row, bool IsHeld) LookAndListen(string election)
    {
        Listens = true;
        return _server.LookAt(election);
    }

    private Sighting SightingOf(TermRow? row, bool held)
    {
        if (row is null)
            return new Sighting(null, Clock.GetTimestamp());
        var leader = held && !row.Released ? new Leader(row.Id.NodeId, row.Id.Incarnation, row.Address, row.Token, row.Since) : null;
        return new Sighting(leader, Clock.After(row.Lease), row.Released);
    }

    private void ConnectionBroke()
    {
        foreach (var end in _open.ToArray())
            end.End();
        foreach (var (_, bell) in _observers.ToArray())
            bell.Ring();
    }
}
