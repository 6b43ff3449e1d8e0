using AspireElection.Timing;
using Npgsql;

namespace AspireElection.Stores.Postgres;

/// <summary>
/// Who holds the seats. A term counts only while its own backend holds the lock: the row of a killed leader stays
/// until the next one writes its own.
/// </summary>
internal static class SeatQuery
{
    private const string Sql = """
        SELECT e.election, t.token, t.node_id, t.incarnation, t.address, t.since, t.lease_ms,
            t.released_token = t.token AS released,
            EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
                AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND l.pid = t.backend_pid AND ((l.classid::bigint << 32) | l.objid::bigint) = t.lock_key) AS held
        FROM unnest($1::text[]) AS e (election) LEFT JOIN election_terms t ON t.election = e.election
        """;

    public static NpgsqlBatchCommand Of(string[] elections)
    {
        var command = new NpgsqlBatchCommand(Sql);
        command.Parameters.With(elections);
        return command;
    }

    /// <summary>What is seen of each election, and the lease of the last term where there was one.</summary>
    public static async Task<List<(string Election, Sighting Sighting, TimeSpan? Lease)>> ReadAsync(
        NpgsqlConnection connection, string[] elections, TimeProvider clock, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(Of(elections));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        return await ReadAsync(reader, clock, cancellationToken);
    }

    /// <summary>The answer to <see cref="Of"/>.</summary>
    public static async Task<List<(string Election, Sighting Sighting, TimeSpan? Lease)>> ReadAsync(
        NpgsqlDataReader reader, TimeProvider clock, CancellationToken cancellationToken)
    {
        var seen = new List<(string, Sighting, TimeSpan?)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            if (reader.IsDBNull(1))
            {
                seen.Add((reader.GetString(0), new Sighting(null, clock.GetTimestamp()), null));
                continue;
            }

            var lease = TimeSpan.FromMilliseconds(reader.GetInt64(6));
            var released = reader.GetBoolean(7);
            var leader = reader.GetBoolean(8) && !released ? LeaderOf(reader) : null;
            // The last heartbeat is known to the server alone, so the whole lease may be left.
            seen.Add((reader.GetString(0), new Sighting(leader, clock.After(lease), released), lease));
        }

        return seen;
    }

    private static Leader LeaderOf(NpgsqlDataReader reader) => new(
        reader.GetString(2),
        reader.GetString(3),
        reader.IsDBNull(4) ? null : reader.GetString(4),
        reader.GetInt64(1),
        reader.GetFieldValue<DateTimeOffset>(5));
}
