using AspireElection.Stores.Postgres;
using AspireElection.Timing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;

namespace AspireElection.Hosting;

/// <summary>Lets an election live in PostgreSQL.</summary>
public static class PostgresElectionExtensions
{
    /// <summary>Elects through PostgreSQL.</summary>
    /// <param name="election">The election.</param>
    /// <param name="dataSource">An existing data source; default: the host's <see cref="NpgsqlDataSource"/>. It stays the caller's.</param>
    /// <param name="lockSessions">
    /// <see cref="PostgresStore.LockSessions"/>: all elections of the host that name the same number and data source share
    /// one store and its sessions. Default 0: a store for each election, and a session for its candidacy.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="lockSessions"/> is below 0 or above 64.</exception>
    public static ElectionBuilder UsePostgres(
        this ElectionBuilder election, NpgsqlDataSource? dataSource = null, int lockSessions = 0)
    {
        ArgumentNullException.ThrowIfNull(election);
        PostgresStore.RefuseLockSessions(lockSessions);
        if (lockSessions == 0)
            return election.UseStore(services => StoreOf(services, dataSource, lockSessions));
        var shared = (typeof(PostgresStore), dataSource, lockSessions);
        election.Services.TryAddKeyedSingleton(shared, (services, _) => StoreOf(services, dataSource, lockSessions));
        return election.UseStore(services => services.GetRequiredKeyedService<PostgresStore>(shared));
    }

    private static PostgresStore StoreOf(IServiceProvider services, NpgsqlDataSource? dataSource, int lockSessions) =>
        new(dataSource ?? services.GetRequiredService<NpgsqlDataSource>(), BootClock.Instance) { LockSessions = lockSessions };
}
