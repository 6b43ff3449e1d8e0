using AspireElection.Conformance;
using AspireElection.Stores.Postgres;
using AspireElection.Stores.Tests.Servers;
using Npgsql;
using Xunit.Abstractions;

namespace AspireElection.Stores.Tests.Postgres.Many;

/// <summary>The same promises where the elections of a store share two sessions.</summary>
[Collection(SharedSessionsPostgres.Name)]
public sealed class SharedSessionsConformance(PostgresServer server, ITestOutputHelper output) : StoreConformance<PostgresStore>(output)
{
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(server.ConnectionString);

    protected override Func<Task>? Wipe => WipeAsync;

    /// <summary>A seat that nobody knows of ends with its session, or when nobody renews it.</summary>
    protected override bool ReclaimsOrphans => false;

    /// <summary>Who waits behind a better one tries after this time.</summary>
    protected override TimeSpan Turn => TimeSpan.FromMilliseconds(90);

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _source.DisposeAsync();
    }

    protected override Task<PostgresStore> CreateStoreAsync() =>
        Task.FromResult(new PostgresStore(server.ConnectionString, Clock) { LockSessions = 2 });

    protected override async Task<int> CountWaitingAsync(string election)
    {
        await using var count = _source.CreateCommand("""
            SELECT count(*)::int FROM election_waiters w JOIN pg_locks l ON l.pid = w.backend_pid
            WHERE election = $1 AND l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.objid::bigint = w.presence
            """);
        count.Parameters.Add(new NpgsqlParameter { Value = election });
        try
        {
            return (int)(await count.ExecuteScalarAsync())!;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            // Nobody has waited yet since the server was wiped.
            return 0;
        }
    }

    /// <summary>As a server that was replaced by an empty one: sessions end, tables are gone.</summary>
    private async Task WipeAsync()
    {
        await using var wipe = _source.CreateCommand("""
            SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
            DROP TABLE IF EXISTS election_terms, election_marker, node_records, election_ledger, election_ledger_fence,
                election_log, election_waiters
            """);
        await wipe.ExecuteNonQueryAsync();
    }
}
