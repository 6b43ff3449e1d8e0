using AspireElection.Hosting;
using AspireElection.ServiceDefaults.Stores;
using AspireElection.Stores.Quorum;
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
    public static void AddServers(this WebApplicationBuilder builder, WorkerSettings settings)
    {
        var store = settings.Store;
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
        builder.Services.AddSingleton<WrongForServer>();
        builder.Services.AddSingleton(_ => new Drill(BootClock.Instance));
        if (settings.Quorum is not { } quorum)
            return;
        builder.Services.AddQuorumPeer(quorum.ToOptions(settings.Election.NodeId));
        // Before the elections are added: what comes later stops earlier, and a leader needs its lines to resign.
        builder.Services.AddHostedService<QuorumLines>();
    }

    /// <summary>Where the election lives; behind the drills where an operator may run them.</summary>
    public static ElectionBuilder UseChosenStore(this ElectionBuilder election, WorkerSettings settings) => election.UseStore(services =>
    {
        var store = settings.Quorum is null
            ? settings.Store.Open(services.GetRequiredService<RedisConnection>, services.GetRequiredService<NpgsqlDataSource>)
            : services.GetRequiredService<QuorumStore>();
        if (settings.Store.Kind == "etcd")
            store = new CheckedStore(store, services.GetRequiredService<WrongForServer>());
        if (settings.AdminToken is null)
            return store;
        var drill = services.GetRequiredService<Drill>();
        if (store is QuorumStore peer)
            peer.IsCut = () => drill.IsCut;
        return new DrilledStore(store, drill);
    });
}
