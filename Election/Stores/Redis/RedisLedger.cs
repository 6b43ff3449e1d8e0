using StackExchange.Redis;

namespace AspireElection.Stores.Redis;

/// <summary>What leaders write down: values in one hash, each log in a list; checked and written by one script.</summary>
internal sealed class RedisLedger(RedisCalls calls)
{
    public async ValueTask<IReadOnlyDictionary<string, string>> ReadAsync(
        string election, string prefix, CancellationToken cancellationToken)
    {
        var entries = await calls.AskAsync(db => db.HashGetAllAsync(RedisKeys.Ledger(election)), cancellationToken);
        return entries
            .Select(e => KeyValuePair.Create((string)e.Name!, (string)e.Value!))
            .Where(e => e.Key.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(StringComparer.Ordinal);
    }

    public ValueTask WriteAsync(Term term, string key, string value, CancellationToken cancellationToken) =>
        WriteAsync(RedisScript.Write, term, RedisKeys.Ledger(term.Election), [key, value], cancellationToken);

    public ValueTask AppendAsync(Term term, string log, string entry, int keep, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(keep);
        return WriteAsync(RedisScript.Append, term, RedisKeys.Log(term.Election, log), [entry, keep], cancellationToken);
    }

    public async ValueTask<IReadOnlyList<string>> ReadLogAsync(
        string election, string log, CancellationToken cancellationToken)
    {
        var entries = await calls.AskAsync(db => db.ListRangeAsync(RedisKeys.Log(election, log)), cancellationToken);
        return [.. entries.Select(e => (string)e!)];
    }

    private async ValueTask WriteAsync(
        RedisScript script, Term term, RedisKey target, RedisValue[] values, CancellationToken cancellationToken)
    {
        RedisKey[] keys = [RedisKeys.Fence(term.Election), target];
        RedisValue[] arguments = [term.Token, term.Candidate.ToString(), .. values];
        var answer = await calls.AskAsync(db => db.EvaluateAsync(script, keys, arguments), cancellationToken);
        if ((int)answer == 0)
            throw new StaleTermException(term);
    }
}
