using Npgsql;

namespace AspireElection.Stores.Postgres.Many;

/// <summary>
/// Who waits for which seat, of all processes: those who share sessions do not stand in the line of a lock, so their
/// order is kept in the table <c>election_waiters</c>. A row counts while the session that wrote it lives.
/// </summary>
internal static class WaiterRegister
{
    private const string Present = "SELECT to_regclass('election_waiters') IS NOT NULL";

    // Unlogged: after a crash of the server nobody waits any more.
    private const string Create = """
        CREATE UNLOGGED TABLE IF NOT EXISTS election_waiters (
            election text NOT NULL,
            node_id text COLLATE "C" NOT NULL,
            incarnation text COLLATE "C" NOT NULL,
            priority integer NOT NULL,
            backend_pid integer NOT NULL,
            presence integer NOT NULL,
            PRIMARY KEY (election, node_id, incarnation))
        """;

    private const string Sweep = $"""
        DELETE FROM election_waiters w WHERE NOT EXISTS (
            SELECT FROM pg_locks l WHERE {SeatSurvey.IsPresence} AND l.pid = w.backend_pid AND l.objid::bigint = w.presence)
        """;

    private const string Join = """
        INSERT INTO election_waiters (election, node_id, incarnation, priority, backend_pid, presence)
        SELECT *, $5, $6 FROM unnest($1::text[], $2::text[], $3::text[], $4::int[])
        ON CONFLICT (election, node_id, incarnation) DO UPDATE
            SET priority = excluded.priority, backend_pid = excluded.backend_pid, presence = excluded.presence
        """;

    private const string Leave = """
        DELETE FROM election_waiters w USING unnest($1::text[], $2::text[], $3::text[]) AS l (election, node_id, incarnation)
        WHERE w.election = l.election AND w.node_id = l.node_id AND w.incarnation = l.incarnation AND w.presence = $4
        """;

    public static async Task EnsureAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using (var present = new NpgsqlCommand(Present, connection))
        {
            if (!(bool)(await present.ExecuteScalarAsync(cancellationToken))!)
            {
                await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
                await using var guard = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection, transaction);
                guard.Parameters.With(SeatKey.OfSchema);
                await guard.ExecuteNonQueryAsync(cancellationToken);
                await using var create = new NpgsqlCommand(Create, connection, transaction);
                await create.ExecuteNonQueryAsync(cancellationToken);
                await transaction.CommitAsync(cancellationToken);
            }
        }

        // What killed processes left; whoever writes a row has shown its presence before.
        await using var sweep = new NpgsqlCommand(Sweep, connection);
        sweep.Parameters.With(SessionPresence.Class);
        await sweep.ExecuteNonQueryAsync(cancellationToken);
    }

    public static async Task JoinAsync(NpgsqlConnection connection, SessionPresence presence, List<Candidacy> waiting)
    {
        await using var join = new NpgsqlCommand(Join, connection);
        join.Parameters
            .With(waiting.Select(c => c.Election).ToArray())
            .With(waiting.Select(c => c.Id.NodeId).ToArray())
            .With(waiting.Select(c => c.Id.Incarnation).ToArray())
            .With(waiting.Select(c => c.Priority).ToArray())
            .With(presence.Backend).With(presence.Key);
        await join.ExecuteNonQueryAsync();
    }

    public static async Task LeaveAsync(NpgsqlConnection connection, SessionPresence presence, List<Candidacy> leaving)
    {
        await using var leave = new NpgsqlCommand(Leave, connection);
        leave.Parameters
            .With(leaving.Select(c => c.Election).ToArray())
            .With(leaving.Select(c => c.Id.NodeId).ToArray())
            .With(leaving.Select(c => c.Id.Incarnation).ToArray())
            .With(presence.Key);
        await leave.ExecuteNonQueryAsync();
    }
}
