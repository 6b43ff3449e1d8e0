using AspireElection.Stores.Postgres;
using AspireElection.Timing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace AspireElection.Hosting;

/// <summary>Lets an election live in PostgreSQL.</summary>
public static class PostgresElectionExtensions
{
    /// <summary>Elects through PostgreSQL.</summary>
    /// <param name="election">The election.</param>
    /// <param name="dataSource">An existing data source; default: the host's <see cref="NpgsqlDataSource"/>. It stays the caller's.</param>
    public static ElectionBuilder UsePostgres(this ElectionBuilder election, NpgsqlDataSource? dataSource = null)
    {
        ArgumentNullException.ThrowIfNull(election);
        return election.UseStore(services =>
            new PostgresStore(dataSource ?? services.GetRequiredService<NpgsqlDataSource>(), BootClock.Instance));
    }
}
