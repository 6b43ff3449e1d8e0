using System.Runtime.CompilerServices;
using AspireElection.Timing;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>The client's side of <see cref="QueueServer"/>: what the etcd store does, without HTTP.</summary>
internal sealed class QueueClient : StoreClient
{
    private readonly QueueServer _server;
    private readonly WorldMistake _mistake;
    private readonly QueueNews _news;
    private readonly Dictionary<Term, (QueueTerm Record, Candidacy Candidacy)> _held = [];
    private readonly List<QueueWatch> _watches = [];
    private IReadOnlyList<QueuePlace>? _line;

    public QueueClient(QueueServer server, Line line, WorldMistake mistake)
        : base(line, () => server.Members, () => server.Ledger, () => server.UtcNow)
    {
        _server = server;
        _mistake = mistake;
        _news = new QueueNews(line.Host.Clock);
        line.Broke += ConnectionBroke;
        line.CameBack += ConnectionCameBack;
    }

    public override string Kind => "etcd";

    public Line Owner => Line;

    /// <summary>As the server knows it.</summary>
    public bool WatchesTerms { get; set; }

    public bool WatchesLine { get; set; }

    public static long SecondsOf(TimeSpan lease) => (long)Math.Ceiling(lease.TotalSeconds);

    public override async ValueTask<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken)
    {
        var (record, anchor) = await new QueueWait(this, _server, Clock, _news, candidacy, _mistake).AcquireAsync(cancellationToken);
        var term = new Term(candidacy.Election, candidacy.Id, record.Token);
        _held[term] = (record, candidacy);
        WatchSeat(term);
        _ = WatchLineAsync();
        return new Grant(term, anchor);
    }

    public override async ValueTask<RenewAnswer> RenewAsync(Term term, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        if (!_held.TryGetValue(term, out var seat))
            return RenewAnswer.Lost;
        var bound = LeaseClient.BoundOf(leaseDuration);
        // Side by side: a lease that is kept says nothing of a key that somebody deleted.
        var keeping = AskAsync("renew", () => _server.KeepAlive(seat.Record.Lease), bound, cancellationToken);
        var looking = AskAsync("look at the key", () => _server.CreatedOf(seat.Record.Key), bound, cancellationToken);
        await Task.WhenAll(keeping, looking);
        if (await keeping && (await looking == seat.Record.Created || _mistake == WorldMistake.RenewWithoutComparing))
            return RenewAnswer.Renewed;
        End(term);
        _ = RevokeAsync(seat.Record.Lease);
        return RenewAnswer.Lost;
    }

    public override async ValueTask ReleaseAsync(Term term, CancellationToken cancellationToken)
    {
        if (!_held.TryGetValue(term, out var seat))
            return;
        End(term);
        if (Successor(seat.Record, seat.Candidacy) is not var (named, priority) ||
            !await AskAsync("release", () => _server.HandOver(seat.Record, named, priority), LongestWait, cancellationToken))
            await AskAsync("release", () => _server.Release(seat.Record), LongestWait, cancellationToken);
        await RevokeAsync(seat.Record.Lease);
    }

    public override async IAsyncEnumerable<Sighting> ObserveAsync(string election, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var bell = new Bell(Clock, TimeSpan.FromSeconds(1));
        var rung = false;
        bell.OnRing = () => rung = true;
        _news.Listen(bell);
        try
        {
            _news.Hear(await LookAsync("watch the terms", () => _server.WatchTerms(this), LongestWait, cancellationToken));
            var epoch = Line.Epoch;
            for (var told = 0L; ;)
            {
                rung = false;
                if (_news.Version != told)
                {
                    told = _news.Version;
                    yield return _news.Sighting;
                }

                var lookAt = _news.HeardAt + (_news.Lease * 1.25).ToTicksOf(Clock);
                await bell.WaitAsync(() => rung ? long.MinValue : lookAt, cancellationToken);
                if (!Line.IsUp || Line.Epoch != epoch)
                    throw new StoreUnavailableException("the watch of the terms broke");
                if (Clock.GetTimestamp() >= lookAt)
                    _news.Hear(await LookAsync("look", _server.Look, LongestWait, cancellationToken));
            }
        }
        finally
        {
            _news.StopListening(bell);
        }
    }

    public override async ValueTask<IReadOnlyList<Member>> HeartbeatAsync(Member self, CancellationToken cancellationToken)
    {
        var askedAt = Clock.GetTimestamp();
        var (members, look) = await AskAsync(
            "heartbeat", () => (_server.Members.Beat(self, _server.UtcNow), _server.Look()), LongestWait, cancellationToken);
        _news.Hear(look with { AskedAt = askedAt });
        return members;
    }

    public async Task<QueueLook> LookAsync(string what, Func<QueueLook> atServer, TimeSpan bound, CancellationToken cancellationToken)
    {
        var askedAt = Clock.GetTimestamp();
        return await AskAsync(what, atServer, bound, cancellationToken) with { AskedAt = askedAt };
    }

    public Task<T> AskBoundedAsync<T>(string what, Func<T> atServer, TimeSpan bound, CancellationToken cancellationToken) =>
        AskAsync(what, atServer, bound, cancellationToken);

    /// <summary>Rings when the key is gone, and when nobody can tell any more.</summary>
    public QueueWatch Watch(string key, long created, Action ring)
    {
        var watch = new QueueWatch(key, created, ring);
        _watches.Add(watch);
        _ = BeginAsync(watch);
        return watch;
    }

    public void Forget(QueueWatch watch) => _watches.Remove(watch);

    public void HearGone(string key)
    {
        foreach (var watch in _watches.Where(w => w.Key == key).ToArray())
        {
            watch.IsGone = true;
            watch.Ring();
        }
    }

    public void HearLine(IReadOnlyList<QueuePlace> line)
    {
        if (WatchesLine)
            _line = line;
    }

    public void HearTerm(QueueTerm term, long revision) => _news.Hear(term, revision);

    private async Task BeginAsync(QueueWatch watch)
    {
        try
        {
            await AskAsync("watch a key", () => _server.WatchEnd(this, watch.Key, watch.Created), LongestWait, CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            watch.HasEnded = true;
            watch.Ring();
        }
    }

    /// <summary>Who stands right behind, as far as was told, where nobody better does; with the term that it is given.</summary>
    private (QueueTerm Named, int Priority)? Successor(QueueTerm record, Candidacy candidacy)
    {
        if (_line?.FirstOrDefault(p => p.Key != record.Key) is not { } next || _line.Any(p => p.Key != record.Key && p.Priority > next.Priority))
            return null;
        var least = record.Token + Math.Max(1, next.Created - record.Created);
        var token = _mistake == WorldMistake.TokenFromAWipedCounter ? least : FencingToken.Next(least - 1, candidacy.HighestToken, _news.Microseconds);
        return (new QueueTerm(
            token, next.Candidate, next.Address, Clock.GetUtcNow(), next.Key, next.Created, next.Lease, next.Seconds, record.First, Released: false), next.Priority);
    }

    private void WatchSeat(Term term)
    {
        if (!_held.TryGetValue(term, out var seat))
            return;
        _watches.RemoveAll(w => w.Key == seat.Record.Key);
        QueueWatch? watch = null;
        watch = Watch(seat.Record.Key, seat.Record.Created, () =>
        {
            seat.Candidacy.RenewNow();
            if (watch is { HasEnded: true })
                _ = WatchSeatAgainAsync(term, watch, seat.Candidacy);
        });
    }

    /// <summary>A watch that was refused is asked for again; a line that broke does so when it is back.</summary>
    private async Task WatchSeatAgainAsync(Term term, QueueWatch ended, Candidacy candidacy)
    {
        var again = Clock.After(candidacy.RetryPeriod);
        await new Bell(Clock, candidacy.LeaseDuration / 10).WaitAsync(() => again, CancellationToken.None);
        if (!Line.IsUp || !_watches.Contains(ended))
            return;
        WatchSeat(term);
        candidacy.RenewNow();
    }

    private async Task WatchLineAsync()
    {
        try
        {
            _line = await AskAsync("watch the line", () => _server.WatchLine(this), LongestWait, CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // Nobody is named, then.
        }
    }

    private void End(Term term)
    {
        if (_held.Remove(term, out var seat))
            _watches.RemoveAll(w => w.Key == seat.Record.Key);
    }

    private async Task RevokeAsync(long lease)
    {
        try
        {
            await AskAsync("revoke", () => _server.Revoke(lease), TimeSpan.FromSeconds(1), CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // It ends by itself: nobody keeps it.
        }
    }

    private void ConnectionBroke()
    {
        foreach (var watch in _watches.ToArray())
        {
            watch.HasEnded = true;
            watch.Ring();
        }

        _line = null;
        _news.RingAll();
    }

    /// <summary>The server may be another one now: whoever leads asks, and watches its key again.</summary>
    private void ConnectionCameBack()
    {
        foreach (var (term, (_, candidacy)) in _held.ToArray())
        {
            WatchSeat(term);
            candidacy.RenewNow();
            _ = WatchLineAsync();
        }
    }
}

/// <summary>A watch for the end of one key.</summary>
internal sealed class QueueWatch(string key, long created, Action ring)
{
    public string Key => key;

    public long Created => created;

    public Action Ring => ring;

    public bool IsGone { get; set; }

    /// <summary>Nobody tells anything any more.</summary>
    public bool HasEnded { get; set; }
}
