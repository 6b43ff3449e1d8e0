using System.Collections.Concurrent;
using StackExchange.Redis;

namespace AspireElection.Stores.Redis;

/// <summary>
/// Elections in Redis 5 or later: the seat is a key with an end (<c>SET NX PX</c>), every step is one script, and
/// candidates wait to be told instead of asking.
/// </summary>
/// <remarks>
/// An idle follower sends one request a lease, its heartbeat. A resigning leader hands the seat to the best waiter
/// within milliseconds; a killed one is followed at most its remaining lease and 50 ms later, and 5 ms more for each
/// dead waiter beyond the eighth before the first that lives. Requests are bounded by a
/// third of the lease, those without a lease by 5 s. What holds over a wiped or promoted server stands in
/// <see cref="Candidacy.LastSeen"/> and <see cref="FencingToken"/>.
/// </remarks>
public sealed class RedisStore : IElectionStore
{
    private readonly TimeProvider _clock;
    private readonly ConnectionWatch _connection;
    private readonly RedisCalls _calls;
    private readonly RedisMembers _members;
    private readonly RedisLedger _ledger;
    private readonly Observations _observations;
    private readonly ReplicaConfirmation? _confirmation;
    private readonly HeldTerms _held = new();
    private readonly ConcurrentDictionary<(string Election, CandidateId Id), Standing> _standing = new();
    private readonly ConcurrentDictionary<string, KnownTerms> _known = new();

    /// <summary>Elections over an existing client, in its default database.</summary>
    /// <param name="connection">Many stores may share it; it is not disposed with the store.</param>
    /// <param name="clock">Must go on while the host is suspended.</param>
    /// <param name="confirmByReplicas">
    /// How many replicas the server has, all those counted that a failover could promote; 0, the default, asks none. A
    /// term and each renewal of it count only when all of them have it, so that no second leader is elected on a
    /// promoted one before the trust in the first has ended. While one of them is away nobody leads. Each confirmation
    /// holds up what else is sent over the connection, at most for a sixth of the lease: give the store one of its own.
    /// The clocks of the servers must agree within the margin; not for a cluster.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="confirmByReplicas"/> is below 0.</exception>
    public RedisStore(IConnectionMultiplexer connection, TimeProvider clock, int confirmByReplicas = 0)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(clock);
        ArgumentOutOfRangeException.ThrowIfNegative(confirmByReplicas);
        _clock = clock;
        _calls = new RedisCalls(connection, clock);
        _members = new RedisMembers(_calls);
        _ledger = new RedisLedger(_calls);
        _observations = new Observations(Kind, seat => new SeatWatch(_calls, Known(seat.Election), seat));
        ConfirmByReplicas = confirmByReplicas;
        if (confirmByReplicas > 0)
            _confirmation = ReplicaConfirmation.Of(connection, _calls, clock, confirmByReplicas);
        _connection = new ConnectionWatch(connection, Listeners);
    }

    /// <summary>By how many replicas a term and each renewal of it are confirmed; 0 when none are asked.</summary>
    public int ConfirmByReplicas { get; }

    /// <inheritdoc/>
    public string Kind => "redis";

    /// <inheritdoc/>
    public string Promise => ConfirmByReplicas == 0
        ? "one leader at a time while its server loses no data and no replica without the last write is promoted; "
            + "stale writes are refused in any case"
        : $"one leader at a time while its server loses no data, also when one of its {ConfirmByReplicas} replicas is promoted; "
            + "stale writes are refused in any case";

    /// <inheritdoc/>
    public async ValueTask<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(candidacy);
        var standing = new Standing(_calls, _clock, Known(candidacy.Election), _confirmation, candidacy);
        var place = KeyValuePair.Create((candidacy.Election, candidacy.Id), standing);
        _standing[place.Key] = standing;
        try
        {
            var grant = await standing.AcquireAsync(cancellationToken);
            _held.Add(grant.Term, candidacy);
            return grant;
        }
        finally
        {
            _standing.TryRemove(place);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<RenewAnswer> RenewAsync(Term term, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        var bound = RedisCalls.BoundOf(leaseDuration);
        var history = _confirmation is null ? null : await _confirmation.HistoryAsync(bound, cancellationToken);
        RedisValue[] values = [term.Token, Standing.Milliseconds(leaseDuration)];
        var answer = await _calls.SeatAsync(
            RedisScript.Renew, term.Election, term.Candidate.ToString(), values, bound, cancellationToken);
        if ((int)answer == 1)
        {
            if (history is not null)
                await _confirmation!.ConfirmAsync(history, bound, cancellationToken);
            return RenewAnswer.Renewed;
        }

        _held.Remove(term);
        return RenewAnswer.Lost;
    }

    /// <inheritdoc/>
    public async ValueTask ReleaseAsync(Term term, CancellationToken cancellationToken)
    {
        _held.Remove(term);
        await _calls.SeatAsync(
            RedisScript.Release, term.Election, term.Candidate.ToString(), [term.Token], RedisCalls.LongestWait, cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Sighting> ObserveAsync(string election, CancellationToken cancellationToken) =>
        _observations.ObserveAsync(election, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Member>> HeartbeatAsync(Member self, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(self);
        return _members.HeartbeatAsync(self, _standing.ContainsKey((self.Election, self.Id)), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Member>> ListAsync(string election, CancellationToken cancellationToken) =>
        _members.ListAsync(election, cancellationToken);

    /// <inheritdoc/>
    public ValueTask LeaveAsync(string election, CandidateId id, CancellationToken cancellationToken) =>
        _members.LeaveAsync(election, id, cancellationToken);

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
    public ValueTask<IReadOnlyList<string>> ReadLogAsync(
        string election, string log, CancellationToken cancellationToken) =>
        _ledger.ReadLogAsync(election, log, cancellationToken);

    /// <summary>Stops listening to the client, which stays open.</summary>
    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private IEnumerable<IConnectionListener> Listeners()
    {
        yield return _held;
        if (_confirmation is not null)
            yield return _confirmation;
        foreach (var standing in _standing.Values)
            yield return standing;
        foreach (var watch in _observations.Watches.OfType<IConnectionListener>())
            yield return watch;
    }

    private KnownTerms Known(string election) => _known.GetOrAdd(election, static (_, clock) => new KnownTerms(clock), _clock);
}
