using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace AspireElection.Stores.Redis;

/// <summary>
/// Waits until every replica has what was written: whichever of them is promoted then shows the seat as taken.
/// </summary>
/// <remarks>
/// WAIT only hurries the replicas; what they have is read from INFO. WAIT speaks of the last write of its own
/// connection, and the client may have opened another one meanwhile, to a promoted server even: hence a write before it
/// and the comparison of histories. All who ask at one time share a round, because a WAIT holds up whatever is behind it.
/// </remarks>
internal sealed class ReplicaConfirmation(RedisCalls calls, TimeProvider clock, int replicas) : IConnectionListener
{
    private static readonly ConditionalWeakTable<IConnectionMultiplexer, ConcurrentDictionary<int, ReplicaConfirmation>> s_shared = [];

    private readonly Lock _gate = new();
    private Round? _underWay;
    private Round? _next;
    private volatile string? _history;

    /// <summary>One for all stores over one client: each election of a host has a store of its own.</summary>
    public static ReplicaConfirmation Of(IConnectionMultiplexer connection, RedisCalls calls, TimeProvider clock, int replicas) =>
        s_shared.GetValue(connection, static _ => new()).GetOrAdd(replicas, n => new ReplicaConfirmation(calls, clock, n));

    /// <summary>The history that a write sent after this belongs to, unless the server is replaced meanwhile.</summary>
    public async ValueTask<string> HistoryAsync(TimeSpan bound, CancellationToken cancellationToken) =>
        _history ??= (await calls.AskAsync(InfoAsync, bound, cancellationToken)).History;

    /// <summary>Returns when all replicas have what the server has answered until now.</summary>
    /// <param name="history">What <see cref="HistoryAsync"/> answered before the write.</param>
    /// <param name="bound">How long to wait.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StoreUnavailableException">It is not known whether they have it.</exception>
    public async ValueTask ConfirmAsync(string history, TimeSpan bound, CancellationToken cancellationToken)
    {
        Found found;
        try
        {
            found = await Join(bound).WaitAsync(bound, clock, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            throw calls.Unconfirmed(
                string.Create(CultureInfo.InvariantCulture, $"did not say within {bound.TotalMilliseconds:0} ms what its replicas have"), exception);
        }

        var (before, after) = found;
        _history = after.History;
        if (!after.IsPrimary || before.History != history || after.History != history)
            throw calls.Unconfirmed("was restarted or replaced while its replicas were waited for; it is asked again");
        var have = after.CountAt(before.Offset);
        if (have < replicas || have < after.Replicas.Count)
        {
            throw calls.Unconfirmed(
                $"wrote what only {have} of {Math.Max(replicas, after.Replicas.Count)} replicas have; "
                + "start the others, or correct ConfirmByReplicas");
        }
    }

    public void ConnectionBroke() => _history = null;

    public void ConnectionCameBack() => _history = null;

    /// <summary>The next round that begins, because one under way may have begun before the write.</summary>
    private Task<Found> Join(TimeSpan bound)
    {
        Round round;
        lock (_gate)
        {
            round = _next ??= new Round();
            round.Bound = round.Bound is { } least ? Timestamps.Shorter(least, bound) : bound;
            if (_underWay is not null)
                return round.Ended.Task;
            Begin();
        }

        _ = RunAsync(round);
        return round.Ended.Task;
    }

    private void Begin() => (_underWay, _next) = (_next, null);

    private async Task RunAsync(Round? round)
    {
        while (round is not null)
        {
            try
            {
                round.Ended.SetResult(await AskAsync(round.Bound!.Value));
            }
            catch (Exception exception)
            {
                // Whoever waits for this round is told; the ones after it go on.
                round.Ended.SetException(exception);
                _ = round.Ended.Task.Exception;
            }

            lock (_gate)
            {
                Begin();
                round = _underWay;
            }
        }
    }

    private ValueTask<Found> AskAsync(TimeSpan bound)
    {
        // Half of the bound is left for the answer's way. None at all would mean for ever to the server.
        var wait = Math.Max(1, (long)(bound.TotalMilliseconds / 2));
        return calls.AskAsync(
            async db =>
            {
                var before = InfoAsync(db);
                var mark = db.StringSetAsync(RedisKeys.Confirmed, "1", TimeSpan.FromMinutes(1));
                var waited = db.ExecuteAsync("WAIT", replicas, wait);
                var after = InfoAsync(db);
                await Task.WhenAll(before, mark, waited, after);
                return new Found(await before, await after);
            },
            bound,
            CancellationToken.None);
    }

    private static async Task<ReplicationState> InfoAsync(IDatabase db) =>
        ReplicationState.Parse((string?)await db.ExecuteAsync("INFO", "replication") ?? string.Empty);

    private sealed record Found(ReplicationState Before, ReplicationState After);

    private sealed class Round
    {
        public TaskCompletionSource<Found> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TimeSpan? Bound { get; set; }
    }
}
