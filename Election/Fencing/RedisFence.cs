using AspireElection.Stores.Redis;
using AspireElection.Telemetry;
using StackExchange.Redis;

namespace AspireElection.Fencing;

/// <summary>
/// Writes of a leader into Redis that are refused once a newer term has written: check and write are one script.
/// </summary>
/// <remarks>
/// The fence is the key <c>election:{name}:fence</c> of the database that is written to. It refuses a term when a newer
/// one has written there, or has been granted where the election lives in that database, and an equal token of another
/// holder. In a cluster the keys must share the hash tag <c>{name}</c> with it.
/// </remarks>
public static class RedisFence
{
    /// <summary>Writes one value under a term.</summary>
    /// <param name="database">Where to write; it need not be where the election lives.</param>
    /// <param name="term">Under which term.</param>
    /// <param name="key">What to write.</param>
    /// <param name="value">The new value.</param>
    /// <param name="expiry">How long it is kept, at least 1 ms; null for ever.</param>
    /// <param name="cancellationToken">Ends the wait, not the write. The client may have no bound of its own.</param>
    /// <exception cref="StaleTermException">The term is over; nothing was written.</exception>
    /// <exception cref="RedisException">The server was not reached or refused; the write may have happened.</exception>
    public static Task SetAsync(
        IDatabase database,
        Term term,
        RedisKey key,
        RedisValue value,
        TimeSpan? expiry = null,
        CancellationToken cancellationToken = default) =>
        SetAsync(database, term, [KeyValuePair.Create(key, value)], expiry, cancellationToken);

    /// <summary>Writes several values under a term, all or none.</summary>
    /// <param name="database">Where to write; it need not be where the election lives.</param>
    /// <param name="term">Under which term.</param>
    /// <param name="entries">What to write; some thousands are many for one script.</param>
    /// <param name="expiry">How long they are kept, at least 1 ms; null for ever.</param>
    /// <param name="cancellationToken">Ends the wait, not the write. The client may have no bound of its own.</param>
    /// <exception cref="StaleTermException">The term is over; nothing was written.</exception>
    /// <exception cref="RedisException">The server was not reached or refused; the write may have happened.</exception>
    public static async Task SetAsync(
        IDatabase database,
        Term term,
        IReadOnlyCollection<KeyValuePair<RedisKey, RedisValue>> entries,
        TimeSpan? expiry = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(term);
        ArgumentNullException.ThrowIfNull(entries);
        if (expiry is { } kept)
            ArgumentOutOfRangeException.ThrowIfLessThan(kept, TimeSpan.FromMilliseconds(1), nameof(expiry));
        RedisKey[] keys = [RedisKeys.Fence(term.Election), .. entries.Select(static e => e.Key)];
        RedisValue[] values =
        [
            term.Token, term.Candidate.ToString(), (long)(expiry?.TotalMilliseconds ?? 0), .. entries.Select(static e => e.Value),
        ];
        var answer = await database.EvaluateAsync(RedisScript.FencedSet, keys, values).WaitAsync(cancellationToken);
        if ((int)answer == 0)
        {
            ElectionTelemetry.StaleWriteRefused(term, "redis");
            throw new StaleTermException(term);
        }
    }
}
