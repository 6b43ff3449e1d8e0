using AspireElection.Stores.Etcd;
using AspireElection.Stores.Files;
using AspireElection.Stores.InProcess;
using AspireElection.Stores.Postgres;
using AspireElection.Stores.Redis;
using AspireElection.Timing;
using Npgsql;
using StackExchange.Redis;

namespace AspireElection.ServiceDefaults.Stores;

/// <summary>Opens the store that was chosen. A server that is away fails and delays no opening, but each call until it is there.</summary>
internal static class StoreOpening
{
    /// <summary>Known before the store: what one without confirmation by replicas promises.</summary>
    private const string RedisPromise =
        "one leader at a time while its server loses no data and no replica without the last write is promoted; stale writes are refused in any case";

    /// <summary>With a client of its own.</summary>
    public static IElectionStore Open(this StoreChoice choice) => choice.Open(
        () => new RedisConnection(() => ConnectionMultiplexer.Connect(choice.Addresses.Redis!)),
        () => NpgsqlDataSource.Create(choice.Addresses.Postgres!));

    /// <summary>With the clients that the process has anyway.</summary>
    public static IElectionStore Open(this StoreChoice choice, Func<RedisConnection> redis, Func<NpgsqlDataSource> postgres) => choice.Kind switch
    {
        "redis" => LateRedis(redis()),
        "postgres" => new PostgresStore(postgres(), BootClock.Instance),
        "etcd" => new EtcdStore(choice.Addresses.Etcd!, BootClock.Instance),
        "file" => new FileStore(choice.Folder, BootClock.Instance),
        "memory" => new InProcessStore(BootClock.Instance),
        var other => throw new InvalidOperationException($"There is no store '{other}'."),
    };

    private static LateStore LateRedis(RedisConnection connection)
    {
        var gate = new Lock();
        RedisStore? store = null;
        return new LateStore("redis", RedisPromise, async cancellationToken =>
        {
            var client = await connection.GetAsync(cancellationToken);
            lock (gate)
                return store ??= new RedisStore(client, BootClock.Instance);
        });
    }
}
