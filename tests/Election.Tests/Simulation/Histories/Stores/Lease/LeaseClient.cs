using System.Runtime.CompilerServices;
using AspireElection.Stores.Redis;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>The client's side of <see cref="LeaseServer"/>: what <see cref="RedisStore"/> does, without its client library.</summary>
internal sealed class LeaseClient : StoreClient
{
    private readonly LeaseServer _server;
    private readonly KnownTerms _known;
    private readonly WorldMistake _mistake;
    private readonly bool _hasNoBounds;
    private readonly List<LeaseWait> _waits = [];
    private readonly List<LeaseWatch> _watches = [];
    private readonly Dictionary<Term, Candidacy> _held = [];
    private TaskCompletionSource<bool>? _lateRenewal;

    public LeaseClient(LeaseServer server, Line line, Plan plan)
        : base(line, () => server.Members, () => server.Ledger, () => server.UtcNow)
    {
        _server = server;
        _mistake = plan.Mistake;
        _hasNoBounds = plan.StoreHasNoBounds;
        _known = new KnownTerms(line.Host.Clock);
        line.Broke += ConnectionBroke;
        line.CameBack += ConnectionCameBack;
    }

    public override string Kind => "redis";

    public Line Owner => Line;

    /// <summary>Who listens for its turn, and an empty name for news of the seat.</summary>
    public Subscriptions Subscriptions { get; } = new();

    public static TimeSpan BoundOf(TimeSpan lease) => lease / 3 < LongestWait ? lease / 3 : LongestWait;

    public override async ValueTask<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken)
    {
        var wait = new LeaseWait(this, _server, Clock, _known, candidacy, _mistake);
        _waits.Add(wait);
        try
        {
            var grant = await wait.AcquireAsync(cancellationToken);
            _held[grant.Term] = candidacy;
            return grant;
        }
        finally
        {
            _waits.Remove(wait);
        }
    }

    public override async ValueTask<RenewAnswer> RenewAsync(Term term, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        if (await RenewedAsync(term, leaseDuration, cancellationToken))
            return RenewAnswer.Renewed;
        _held.Remove(term);
        return RenewAnswer.Lost;
    }

    public override async ValueTask ReleaseAsync(Term term, CancellationToken cancellationToken)
    {
        _held.Remove(term);
        await AskAsync("release", () => _server.Release(term), LongestWait, cancellationToken);
    }

    public override async IAsyncEnumerable<Sighting> ObserveAsync(string election, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var watch = new LeaseWatch(this, _server, Clock, _known);
        _watches.Add(watch);
        var listen = Subscriptions.Want(string.Empty);
        try
        {
            await watch.AskAsync(async cut => await AskAsync("subscribe", listen, LongestWait, cut), cancellationToken);
            await watch.AskAsync(watch.LookAsync, cancellationToken);
            while (true)
            {
                if (await watch.NextAsync(cancellationToken) is { } sighting)
                    yield return sighting;
            }
        }
        finally
        {
            _watches.Remove(watch);
            Unsubscribe(string.Empty);
        }
    }

    public override async ValueTask<IReadOnlyList<Member>> HeartbeatAsync(Member self, CancellationToken cancellationToken)
    {
        var stands = _waits.Any(w => w.Id == self.Id);
        return await AskAsync("heartbeat", () => _server.Beat(self, stands), LongestWait, cancellationToken);
    }

    public override async ValueTask LeaveAsync(string election, CandidateId id, CancellationToken cancellationToken) =>
        await AskAsync("leave", () => _server.Leave(id), LongestWait, cancellationToken);

    public async Task SubscribeAsync(string name, TimeSpan bound, CancellationToken cancellationToken) =>
        await AskAsync("subscribe", Subscriptions.Want(name), bound, cancellationToken);

    public void Unsubscribe(string name)
    {
        if (Subscriptions.Drop(name) is { } drop)
            _ = ForgetAboutAsync(AskAsync("unsubscribe", drop, LongestWait, CancellationToken.None));
    }

    public Task<T> AskBoundedAsync<T>(string what, Func<T> atServer, TimeSpan bound, CancellationToken cancellationToken, Action<T>? late = null) =>
        AskAsync(what, atServer, bound, cancellationToken, late);

    public void HearTurn(string waiter)
    {
        foreach (var wait in _waits.ToArray())
            wait.HearTurn(waiter);
    }

    public void HearNews(SeatState state)
    {
        foreach (var wait in _waits.ToArray())
            wait.HearNews(state);
        foreach (var watch in _watches.ToArray())
            watch.HearNews(state);
    }

    private async Task<bool> RenewedAsync(Term term, TimeSpan lease, CancellationToken cancellationToken)
    {
        if (_hasNoBounds)
            return await AskAsync("renew", () => _server.Renew(term, lease), Timeout.InfiniteTimeSpan, CancellationToken.None);
        var asked = AskAsync("renew", () => _server.Renew(term, lease), BoundOf(lease), cancellationToken, late => _lateRenewal?.TrySetResult(late));
        if (_mistake != WorldMistake.ReplyOfAnEarlierRequest)
            return await asked;
        var late = _lateRenewal = new TaskCompletionSource<bool>();
        return await await Task.WhenAny(asked, late.Task);
    }

    private void ConnectionBroke()
    {
        RenewAll();
        foreach (var watch in _watches.ToArray())
            watch.ConnectionBroke();
    }

    private void ConnectionCameBack()
    {
        // The client library subscribes again by itself.
        foreach (var name in Subscriptions.Wanted)
            _ = ForgetAboutAsync(AskAsync("subscribe", Subscriptions.Listen(name), LongestWait, CancellationToken.None));
        RenewAll();
        foreach (var wait in _waits.ToArray())
            wait.ConnectionCameBack();
    }

    private static async Task ForgetAboutAsync(Task<bool> asked)
    {
        try
        {
            await asked;
        }
        catch (StoreUnavailableException)
        {
            // A subscription ends with its connection, and the next one subscribes again.
        }
    }

    private void RenewAll()
    {
        foreach (var candidacy in _held.Values.ToArray())
            candidacy.RenewNow();
    }
}
