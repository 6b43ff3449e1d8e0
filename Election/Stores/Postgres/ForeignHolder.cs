using Npgsql;

namespace AspireElection.Stores.Postgres;

/// <summary>
/// Somebody who holds the lock of a seat and is no candidate of it: another program that happens to use the same key, or
/// an election whose name has the same one. Who waits would otherwise wait in silence, perhaps for ever.
/// </summary>
internal static class ForeignHolder
{
    /// <summary>Asks for it; parameter 1 is the key, 2 the election.</summary>
    public const string Sql = $"""
        SELECT l.pid, a.application_name, other.election
        FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
        LEFT JOIN election_terms other ON other.lock_key = $1 AND other.backend_pid = l.pid AND other.election <> $2
        WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND ((l.classid::bigint << 32) | l.objid::bigint) = $1
        AND (other.election IS NOT NULL OR NOT starts_with(a.application_name, '{LockSession.Name} '))
        """;

    /// <summary>Throws when such a holder is found.</summary>
    public static async Task RefuseAsync(LockSession session, PostgresErrors errors)
    {
        var key = SeatKey.Of(session.Election);
        await using var look = new NpgsqlCommand(Sql, session.Connection);
        look.Parameters.With(key).With(session.Election);
        await using var reader = await look.ExecuteReaderAsync(session.Aborted);
        if (!await reader.ReadAsync(session.Aborted))
            return;
        var holder = reader.IsDBNull(2)
            ? $"another program (backend {reader.GetInt32(0)}, application '{reader.GetString(1)}')"
            : $"the election '{reader.GetString(2)}', whose name has the same key";
        throw errors.Unfit($"the advisory lock {key} of the election '{session.Election}' is held by {holder}; change the key there, or rename the election");
    }
}
