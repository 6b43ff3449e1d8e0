using StackExchange.Redis;

namespace AspireElection.Stores.Redis;

/// <summary>Runs scripts by their hash, and sends their text only to a server that does not know them.</summary>
internal static class ScriptEvaluation
{
    public static async Task<RedisResult> EvaluateAsync(
        this IDatabase database, RedisScript script, RedisKey[] keys, RedisValue[] values)
    {
        try
        {
            return await database.ScriptEvaluateAsync(script.Hash, keys, values);
        }
        catch (RedisServerException exception) when (exception.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // A new or restarted server. The text goes by EVAL, because the client's own memory of which server
            // knows which script may be older than the restart.
            return await database.ExecuteAsync(
                "EVAL",
                [script.Text, keys.Length, .. keys.Select(static k => (object)k), .. values.Select(static v => (object)v)]);
        }
    }
}
