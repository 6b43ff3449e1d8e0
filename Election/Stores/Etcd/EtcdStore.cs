using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using AspireElection.Timing;

namespace AspireElection.Stores.Etcd;

/// <summary>
/// Elections in etcd 3.4 or later, over its JSON gateway: the seat is the key that was created first under
/// <c>&lt;election&gt;/</c>, with a lease of its holder. <c>etcdctl elect &lt;election&gt;</c> takes part in the same line.
/// </summary>
/// <remarks>
/// Leases are whole seconds: the lease duration is rounded up to them. A resigning leader is followed within
/// milliseconds by the next in line, a killed one at most its lease and a second later. An idle follower sends three
/// requests a lease at most. A store has one watch open for all its elections, and each candidate one of its own. Requests
/// are bounded by a third of the lease, those without a lease by 5 s. What holds over a wiped server stands in
/// <see cref="Candidacy.LastSeen"/> and <see cref="FencingToken"/>.
/// </remarks>
public sealed class EtcdStore : IElectionStore
{
    private readonly TimeProvider _clock;
    private readonly EtcdCalls _calls;
    private readonly EtcdMembers _members;
    private readonly SuccessorsTurn _turn;
    private readonly EtcdLedger _ledger;
    private readonly Observations _observations;
    private readonly ConcurrentDictionary<string, SeatNews> _news = new();
    private readonly ConcurrentDictionary<Term, HeldSeat> _held = new();
    private readonly Lock _gate = new();
    private WatchStream? _terms;

    /// <summary>Elections in an etcd; nothing is asked of it before the first call.</summary>
    /// <param name="options">Where it is.</param>
    /// <param name="clock">Must go on while the host is suspended.</param>
    /// <exception cref="ArgumentException">No endpoint is named, or the certificates cannot be read.</exception>
    public EtcdStore(EtcdOptions options, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(clock);
        if (options.Endpoints.Count == 0)
            throw new ArgumentException($"No endpoint is named; allowed: {EtcdOptions.Allowed}", nameof(options));
        _clock = clock;
        _calls = new EtcdCalls(options, clock);
        _turn = new SuccessorsTurn(clock);
        _members = new EtcdMembers(_calls, clock, News);
        _ledger = new EtcdLedger(_calls);
        _observations = new Observations(Kind, WatchAsync);
    }

    /// <inheritdoc/>
    public string Kind => "etcd";

    /// <inheritdoc/>
    public string Promise =>
        "one leader at a time while etcd loses no data and nobody ends a leader's lease by hand; stale writes are refused in any case";

    /// <inheritdoc/>
    public async ValueTask<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(candidacy);
        // A term that ended in silence was neither renewed to its loss nor released: nothing else ends its watch.
        foreach (var old in _held.Keys.Where(t => t.Election == candidacy.Election && t.Candidate == candidacy.Id))
        {
            if (_held.TryRemove(old, out var ended))
                ended.Dispose();
        }

        await _turn.EndAsync(candidacy.Election, cancellationToken);
        var seat = await new Standing(_calls, _clock, News(candidacy.Election), candidacy).AcquireAsync(cancellationToken);
        _held[seat.Term] = seat;
        return seat.Grant;
    }

    /// <inheritdoc/>
    public async ValueTask<RenewAnswer> RenewAsync(Term term, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        if (!_held.TryGetValue(term, out var seat))
            return RenewAnswer.Lost;
        var answer = await seat.RenewAsync(leaseDuration, cancellationToken);
        if (answer == RenewAnswer.Lost && _held.TryRemove(term, out _))
            _ = seat.AbandonAsync();
        return answer;
    }

    /// <inheritdoc/>
    public async ValueTask ReleaseAsync(Term term, CancellationToken cancellationToken)
    {
        if (!_held.TryRemove(term, out var seat))
            return;
        try
        {
            await seat.ReleaseAsync(cancellationToken);
        }
        finally
        {
            _turn.Begin(term.Election);
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Sighting> ObserveAsync(string election, CancellationToken cancellationToken) =>
        _observations.ObserveAsync(election, cancellationToken);

    private async IAsyncEnumerable<Sighting> WatchAsync(string election, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var news = News(election);
        var wake = new Wake(_clock, TimeSpan.FromSeconds(1));
        news.Listen(wake);
        try
        {
            await using var cut = cancellationToken.Register(wake.Set);
            var terms = Terms();
            // First: whatever changes after the look is heard.
            await terms.BegunAsync(cancellationToken);
            await LookAsync(news, cancellationToken);
            for (var told = 0L; ;)
            {
                var (sighting, version, heardAt) = news.Newest;
                if (version != told)
                    yield return sighting;
                told = version;
                // Heartbeats of this process look once a lease; one that has none looks here.
                var lookAt = heardAt + (news.Lease * 1.25).ToTicksOf(_clock);
                await wake.WaitUntilAsync(lookAt);
                cancellationToken.ThrowIfCancellationRequested();
                if (terms.HasEnded)
                    throw terms.Trouble;
                if (_clock.GetTimestamp() >= lookAt)
                    await LookAsync(news, cancellationToken);
            }
        }
        finally
        {
            news.StopListening(wake);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Member>> HeartbeatAsync(Member self, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(self);
        await _turn.EndAsync(self.Election, cancellationToken);
        return await _members.HeartbeatAsync(self, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Member>> ListAsync(string election, CancellationToken cancellationToken) =>
        _members.ListAsync(election, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask LeaveAsync(string election, CandidateId id, CancellationToken cancellationToken)
    {
        await _turn.EndAsync(election, cancellationToken);
        await _members.LeaveAsync(election, id, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<int> RemoveStaleAsync(string election, TimeSpan nodeTimeout, CancellationToken cancellationToken) =>
        _members.RemoveStaleAsync(election, nodeTimeout, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<string, string>> ReadAsync(
        string election, string prefix, CancellationToken cancellationToken) =>
        _ledger.ReadAsync(election, prefix, cancellationToken);

    /// <inheritdoc/>
    public ValueTask WriteAsync(Term term, string key, string value, CancellationToken cancellationToken) =>
        _ledger.WriteAsync(term, key, value, cancellationToken);

    /// <inheritdoc/>
    public ValueTask AppendAsync(Term term, string log, string entry, int keep, CancellationToken cancellationToken) =>
        _ledger.AppendAsync(term, log, entry, keep, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> ReadLogAsync(string election, string log, CancellationToken cancellationToken) =>
        _ledger.ReadLogAsync(election, log, cancellationToken);

    /// <summary>Closes the lines to the server; seats that are still held end with their leases.</summary>
    public ValueTask DisposeAsync()
    {
        foreach (var seat in _held.Values)
            seat.Dispose();
        lock (_gate)
            _terms?.Dispose();
        _calls.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>How many a leader of this process knows behind it; -1 where it does not know.</summary>
    internal int KnownBehind(string election) => _held.Values.FirstOrDefault(s => s.Term.Election == election)?.KnownBehind ?? -1;

    private SeatNews News(string election) => _news.GetOrAdd(election, static (name, clock) => new SeatNews(name, clock), _clock);

    private async ValueTask LookAsync(SeatNews news, CancellationToken cancellationToken)
    {
        var look = new Txn().Then(SeatLook.Operations(news.Election, first: 1));
        news.Hear(SeatLook.Of(await _calls.AskAsync("kv/txn", look.Body, EtcdCalls.LongestWait, cancellationToken), 0));
    }

    /// <summary>The one watch of this process for the terms of all its elections.</summary>
    private WatchStream Terms()
    {
        lock (_gate)
        {
            if (_terms is null or { HasEnded: true })
                _terms = WatchStream.OfAll(_calls, EtcdKeys.Terms, Hear, WakeAll);
            return _terms;
        }
    }

    private void Hear(WatchEvent told)
    {
        if (_news.TryGetValue(told.Key.Key[EtcdKeys.Terms.Length..], out var news))
            news.Hear(told);
    }

    private void WakeAll()
    {
        foreach (var news in _news.Values)
            news.WakeAll();
    }
}
