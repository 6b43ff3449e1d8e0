using System.Runtime.CompilerServices;
using AspireElection.Timing;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>The client's side of <see cref="SessionServer"/>: what the PostgreSQL store does, without its client library.</summary>
internal sealed class SessionClient : StoreClient
{
    private static readonly TimeSpan s_tellLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_taking = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_longestPoll = TimeSpan.FromSeconds(10);

    private readonly SessionServer _server;
    private readonly WorldMistake _mistake;
    private readonly Dictionary<Term, HeldSession> _held = [];
    private readonly List<ClientSession> _open = [];
    private readonly List<Bell> _observers = [];

    public SessionClient(SessionServer server, Line line, WorldMistake mistake)
        : base(line, () => server.Members, () => server.Ledger, () => server.UtcNow)
    {
        _server = server;
        _mistake = mistake;
        line.Broke += ConnectionBroke;
    }

    public override string Kind => "postgres";

    public Line Owner => Line;

    /// <summary>As the server knows it: a listening session is open.</summary>
    public bool Listens { get; set; }

    public override async ValueTask<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken)
    {
        // A new campaign of the same incarnation has given its earlier term up.
        foreach (var orphan in _held.Values.Where(h => h.Term.Candidate == candidacy.Id).ToArray())
            orphan.Close();
        for (var turn = 1; ; turn++)
        {
            if (await StandAsync(candidacy, mayMiss: turn < 10, cancellationToken) is { } grant)
                return grant;
        }
    }

    public override async ValueTask<RenewAnswer> RenewAsync(Term term, TimeSpan leaseDuration, CancellationToken cancellationToken) =>
        _held.TryGetValue(term, out var seat) ? await seat.RenewAsync(leaseDuration, cancellationToken) : RenewAnswer.Lost;

    public override async ValueTask ReleaseAsync(Term term, CancellationToken cancellationToken)
    {
        if (!_held.Remove(term, out var seat))
            return;
        await seat.ReleaseAsync(Clock);
        await TellAsync(term, TimeSpan.Zero);
    }

    public override async IAsyncEnumerable<Sighting> ObserveAsync(string election, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var bell = new Bell(Clock, TimeSpan.FromSeconds(1));
        var told = false;
        Sighting? last = null;
        bell.OnRing = () => told = true;
        _observers.Add(bell);
        try
        {
            while (true)
            {
                // What is told from now on may be newer than the answer.
                told = false;
                var (row, held) = await AskAsync("look", LookAndListen, LongestWait, cancellationToken);
                var sighting = SightingOf(row, held);
                if (sighting.Leader is not null || last is not { Leader: null } free || free.Released != sighting.Released)
                {
                    last = sighting;
                    yield return sighting;
                }

                var poll = row is null || row.Lease / 2 > s_longestPoll ? s_longestPoll : row.Lease / 2;
                var pollAt = Clock.After(poll);
                await bell.WaitAsync(() => told ? long.MinValue : pollAt, cancellationToken);
                if (!Line.IsUp)
                    throw new StoreUnavailableException("the listening connection broke");
            }
        }
        finally
        {
            _observers.Remove(bell);
        }
    }

    public void HearNotification()
    {
        foreach (var observer in _observers.ToArray())
            observer.Ring();
    }

    /// <summary>The server ended a session.</summary>
    public void HearEnded(int backend)
    {
        foreach (var session in _open.Where(s => s.Backend == backend).ToArray())
            session.End();
    }

    public Task<T> AskBoundedAsync<T>(string what, Action<IAnswer<T>> atServer, TimeSpan bound, CancellationToken cancellationToken) =>
        AskAsync(what, atServer, bound, cancellationToken);

    private (TermRow? Row, bool IsHeld) LookAndListen()
    {
        Listens = true;
        return _server.Look();
    }

    private Sighting SightingOf(TermRow? row, bool held)
    {
        if (row is null)
            return new Sighting(null, Clock.GetTimestamp());
        var leader = held && !row.Released ? new Leader(row.Id.NodeId, row.Id.Incarnation, row.Address, row.Token, row.Since) : null;
        return new Sighting(leader, Clock.After(row.Lease), row.Released);
    }

    /// <summary>Waits in line with a session of its own; null when the turn was missed.</summary>
    private async Task<Grant?> StandAsync(Candidacy candidacy, bool mayMiss, CancellationToken cancellationToken)
    {
        var session = await ClientSession.OpenAsync(this, _server, candidacy, cancellationToken);
        _open.Add(session);
        var kept = false;
        try
        {
            var grant = await new SessionWait(session, candidacy, Clock, _mistake).WaitAsync(cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            kept = true;
            var seat = new HeldSession(session, candidacy, grant.Term, held =>
            {
                _open.Remove(session);
                _held.Remove(held.Term);
            });
            _held[grant.Term] = seat;
            seat.Start();
            _ = TellAsync(grant.Term, s_taking);
            return grant with { ReleaseNears = () => _ = seat.LookAwayAsync(Clock) };
        }
        catch (StoreUnavailableException) when (mayMiss && session is { WasGranted: true, IsOpen: false } && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            if (!kept)
            {
                _open.Remove(session);
                session.Close();
            }
        }
    }

    private async Task TellAsync(Term term, TimeSpan after)
    {
        try
        {
            if (after > TimeSpan.Zero)
                await Task.Delay(after, Clock);
            await AskAsync("tell", () => _server.Tell(term), s_tellLimit, CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // Observers look by themselves, a little later.
        }
    }

    private void ConnectionBroke()
    {
        foreach (var session in _open.ToArray())
            session.End();
        foreach (var observer in _observers.ToArray())
            observer.Ring();
    }
}
