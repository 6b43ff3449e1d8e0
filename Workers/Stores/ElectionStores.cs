using AspireElection.Hosting;
using AspireElection.ServiceDefaults.Stores;
using AspireElection.Workers.Jobs;
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
    }

    /// <summary>Where the election lives.</summary>
    public static ElectionBuilder UseChosenStore(this ElectionBuilder election, StoreChoice store) => election.UseStore(services =>
        store.Open(services.GetRequiredService<RedisConnection>, services.GetRequiredService<NpgsqlDataSource>));
}
