using Npgsql;

namespace AspireElection.Stores.Postgres;

/// <summary>
/// The tables of all elections, created on demand in the first schema of the user's search path. Where they exist
/// already, no right to create anything is needed.
/// </summary>
internal sealed class PostgresSchema(NpgsqlDataSource source, PostgresErrors errors) : IDisposable
{
    private const int TableCount = 6;

    private const string Present = """
        SELECT count(to_regclass(name)), (SELECT relpersistence <> 'u' FROM pg_class WHERE oid = to_regclass('election_marker'))
        FROM unnest(ARRAY['election_terms', 'election_marker', 'node_records',
            'election_ledger', 'election_ledger_fence', 'election_log']) AS name
        """;

    private const string Create = """
        CREATE TABLE IF NOT EXISTS election_terms (
            election text PRIMARY KEY,
            token bigint NOT NULL,
            released_token bigint NOT NULL DEFAULT 0,
            node_id text NOT NULL,
            incarnation text NOT NULL,
            address text,
            priority integer NOT NULL,
            since timestamptz NOT NULL,
            lease_ms bigint NOT NULL,
            backend_pid integer NOT NULL,
            lock_key bigint NOT NULL,
            server_epoch text NOT NULL);
        CREATE UNLOGGED TABLE IF NOT EXISTS election_marker (
            one boolean PRIMARY KEY DEFAULT true CHECK (one),
            mark uuid NOT NULL DEFAULT gen_random_uuid(),
            made timestamptz NOT NULL DEFAULT clock_timestamp());
        CREATE TABLE IF NOT EXISTS node_records (
            election text NOT NULL,
            id text NOT NULL,
            instance_id text NOT NULL,
            status text NOT NULL,
            last_heartbeat timestamptz NOT NULL,
            term bigint NOT NULL,
            priority integer NOT NULL,
            address text,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (election, id, instance_id));
        CREATE TABLE IF NOT EXISTS election_ledger_fence (
            election text PRIMARY KEY,
            token bigint NOT NULL,
            node_id text NOT NULL,
            incarnation text NOT NULL);
        CREATE TABLE IF NOT EXISTS election_ledger (
            election text NOT NULL,
            key text NOT NULL,
            value text NOT NULL,
            token bigint NOT NULL,
            PRIMARY KEY (election, key));
        CREATE TABLE IF NOT EXISTS election_log (
            election text NOT NULL,
            log text NOT NULL,
            position bigint GENERATED ALWAYS AS IDENTITY,
            entry text NOT NULL,
            token bigint NOT NULL,
            PRIMARY KEY (election, log, position));
        """;

    private readonly SemaphoreSlim _oneAtATime = new(1);
    private volatile bool _exists;

    /// <summary>Looks again next time: the tables were dropped, or the server was replaced by an empty one.</summary>
    public void Forget() => _exists = false;

    public async ValueTask EnsureAsync(CancellationToken cancellationToken)
    {
        if (_exists)
            return;
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            if (_exists)
                return;
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            if (!await IsPresentAsync(connection, cancellationToken))
            {
                await CreateAsync(connection, cancellationToken);
                await IsPresentAsync(connection, cancellationToken);
            }

            _exists = true;
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    public void Dispose() => _oneAtATime.Dispose();

    private async Task<bool> IsPresentAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var present = new NpgsqlCommand(Present, connection);
        await using var found = await present.ExecuteReaderAsync(cancellationToken);
        await found.ReadAsync(cancellationToken);
        // Somebody restored or altered it: its row would outlast a crash, and the terms that the crash took would not be waited out.
        if (!await found.IsDBNullAsync(1, cancellationToken) && found.GetBoolean(1))
            throw errors.Unfit("the table election_marker is not UNLOGGED, and nobody would notice a crash; as its owner: ALTER TABLE election_marker SET UNLOGGED");
        return found.GetInt64(0) == TableCount;
    }

    private static async Task CreateAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // IF NOT EXISTS alone is no guard: two that create the same table at one time meet in the catalog (23505).
        await using var guard = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection, transaction);
        guard.Parameters.Add(new NpgsqlParameter<long> { TypedValue = SeatKey.OfSchema });
        await guard.ExecuteNonQueryAsync(cancellationToken);
        await using var create = new NpgsqlCommand(Create, connection, transaction);
        await create.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}
