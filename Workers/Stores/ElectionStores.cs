using AspireElection.Hosting;
using AspireElection.Stores.Files;
using AspireElection.Stores.InProcess;
using AspireElection.Stores.Postgres;
using AspireElection.Stores.Redis;
using AspireElection.Timing;
using AspireElection.Workers.Jobs;
using AspireElection.Workers.Settings;
using Npgsql;

namespace AspireElection.Workers.Stores;

/// <summary>The servers of which a worker was told, and the store that was chosen.</summary>
internal static class ElectionStores
{
    /// <summary>Both clients where both addresses are known: jobs use them whichever store elects.</summary>
    public static void AddServers(this WebApplicationBuilder builder, WorkerSettings settings)
    {
        builder.Configuration.AddInMemoryCollection(
        [
            new("ConnectionStrings:redis", settings.Redis),
            new("ConnectionStrings:postgres", settings.Postgres),
        ]);
        if (settings.Redis is not null)
            builder.AddRedisClient("redis");
        if (settings.Postgres is not null)
            builder.AddNpgsqlDataSource("postgres");
        builder.Services.AddSingleton<RedisConnection>();
        builder.Services.AddSingleton(Migration.Embedded());
    }

    /// <summary>Where the election lives.</summary>
    public static ElectionBuilder UseChosenStore(this ElectionBuilder election, WorkerSettings settings) =>
        election.UseStore(services => settings.Store switch
        {
            "redis" => LateRedis(services.GetRequiredService<RedisConnection>()),
            "postgres" => new PostgresStore(services.GetRequiredService<NpgsqlDataSource>(), BootClock.Instance),
            "file" => new FileStore(settings.LockDirectory, BootClock.Instance),
            "memory" => new InProcessStore(BootClock.Instance),
            var other => throw new InvalidOperationException($"There is no store '{other}'."),
        });

    private static LateStore LateRedis(RedisConnection connection)
    {
        var gate = new Lock();
        RedisStore? store = null;
        return new LateStore("redis", async cancellationToken =>
        {
            var client = await connection.GetAsync(cancellationToken);
            lock (gate)
                return store ??= new RedisStore(client, BootClock.Instance);
        });
    }
}
