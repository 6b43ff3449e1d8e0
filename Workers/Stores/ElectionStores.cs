using AspireElection.Hosting;
using AspireElection.ServiceDefaults.Stores;
using AspireElection.Timing;
using AspireElection.Workers.Drills;
using AspireElection.Workers.Jobs;
using AspireElection.Workers.Settings;
using Npgsql;
using StackExchange.Redis;

namespace AspireElection.Workers.Stores;

/// <summary>The servers of which a worker was told, and the store that was chosen.</summary>
internal static class ElectionStores
{
    /// <summary>Both clients where both addresses are known: jobs use them whichever store elects.</summary>
    public static void AddServers(this WebApplicationBuilder builder, StoreChoice store)
    {
        builder.Configuration.AddInMemoryCollection(
        [
            new("ConnectionStrings:redis", store.Addresses.Redis),
            new("ConnectionStrings:postgres", store.Addresses.Postgres),
        ]);
        if (store.Addresses.Redis is not null)
            builder.AddRedisClient("redis");
        if (store.Addresses.Postgres is not null)
            builder.AddNpgsqlDataSource("postgres");
        builder.Services.AddSingleton(services => new RedisConnection(services.GetRequiredService<IConnectionMultiplexer>));
        builder.Services.AddSingleton(Migration.Embedded());
        builder.Services.AddSingleton(_ => new Drill(BootClock.Instance));
    }

    /// <summary>Where the election lives; behind the drills where an operator may run them.</summary>
    public static ElectionBuilder UseChosenStore(this ElectionBuilder election, WorkerSettings settings) => election.UseStore(services =>
    {
        var store = settings.Store.Open(services.GetRequiredService<RedisConnection>, services.GetRequiredService<NpgsqlDataSource>);
        return settings.AdminToken is null ? store : new DrilledStore(store, services.GetRequiredService<Drill>());
    });
}
