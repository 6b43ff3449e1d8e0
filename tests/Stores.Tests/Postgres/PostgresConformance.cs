using AspireElection.Conformance;
using AspireElection.Stores.Postgres;
using AspireElection.Stores.Tests.Servers;
using Npgsql;
using Xunit.Abstractions;

namespace AspireElection.Stores.Tests.Postgres;

[Collection(SharedPostgres.Name)]
public sealed class PostgresConformance(PostgresServer server, ITestOutputHelper output) : StoreConformance<PostgresStore>(output)
{
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(server.ConnectionString);

    protected override Func<Task>? Wipe => WipeAsync;

    /// <summary>A seat that nobody knows of ends with its session, which the server ends after a lease.</summary>
    protected override bool ReclaimsOrphans => false;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _source.DisposeAsync();
    }

    protected override Task<PostgresStore> CreateStoreAsync() =>
        Task.FromResult(new PostgresStore(server.ConnectionString, Clock));

    protected override async Task<int> CountWaitingAsync(string election)
    {
        await using var count = _source.CreateCommand(
            "SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND (classid::bigint << 32 | objid::bigint) = $1");
        count.Parameters.Add(new NpgsqlParameter { Value = SeatKey.Of(election) });
        return (int)(await count.ExecuteScalarAsync())!;
    }

    /// <summary>As a server that was replaced by an empty one: sessions end, tables are gone.</summary>
    private async Task WipeAsync()
    {
        await using var wipe = _source.CreateCommand("""
            SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
            DROP TABLE IF EXISTS election_terms, election_marker, node_records, election_ledger, election_ledger_fence, election_log
            """);
        await wipe.ExecuteNonQueryAsync();
    }
}
