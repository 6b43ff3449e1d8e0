using System.Text.Json;
using AspireElection.Fencing;
using AspireElection.Jobs;
using AspireElection.ServiceDefaults.Stores;
using Npgsql;
using StackExchange.Redis;

namespace AspireElection.Workers.Jobs;

/// <summary>
/// Keeps the products of the database in Redis. The writes carry the fencing token: a paused leader that wakes up late
/// cannot put old products over newer ones.
/// </summary>
internal sealed class CacheWarming(IServiceProvider services) : ILeaderJob
{
    private const string Newest = "SELECT id, name, price_cents, updated FROM products ORDER BY updated DESC, id LIMIT 1000";

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    // Longer than a leader change takes, so that readers find a warm cache meanwhile.
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(5);

    public string Name => "cache-warming";

    public JobSchedule Schedule { get; } = JobSchedule.Every(Period);

    public async Task<JobOutcome> RunAsync(JobContext context, CancellationToken stopping)
    {
        // One text, whichever server is absent: the states of jobs are read by programs.
        if (services.GetService<NpgsqlDataSource>() is not { } database || !HasRedis())
            return JobOutcome.Skipped("no database");
        var products = await ReadAsync(database, context.Term, stopping);
        if (products.Count == 0)
            return JobOutcome.Done;
        var redis = await services.GetRequiredService<RedisConnection>().GetAsync(stopping);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(Period);
        await RedisFence.SetAsync(redis.GetDatabase(), context.Term, products, Kept, limit.Token);
        return JobOutcome.Done;
    }

    /// <summary>The braces are Redis Cluster's: all keys of one script must live on one server, beside the fence.</summary>
    public static string KeyOf(string election, long product) => $"election:{{{election}}}:product:{product}";

    private bool HasRedis() => services.GetRequiredService<IServiceProviderIsService>().IsService(typeof(IConnectionMultiplexer));

    private static async Task<List<KeyValuePair<RedisKey, RedisValue>>> ReadAsync(
        NpgsqlDataSource database, Term term, CancellationToken stopping)
    {
        var products = new List<KeyValuePair<RedisKey, RedisValue>>();
        await using var command = database.CreateCommand(Newest);
        await using var reader = await command.ExecuteReaderAsync(stopping);
        while (await reader.ReadAsync(stopping))
        {
            var id = reader.GetInt64(0);
            var value = JsonSerializer.Serialize(new
            {
                id,
                name = reader.GetString(1),
                priceCents = reader.GetInt32(2),
                updated = reader.GetDateTime(3),
                term = term.Token,
            });
            products.Add(KeyValuePair.Create<RedisKey, RedisValue>(KeyOf(term.Election, id), value));
        }

        return products;
    }
}
