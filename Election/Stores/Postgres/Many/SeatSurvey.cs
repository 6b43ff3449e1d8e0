using Npgsql;

namespace AspireElection.Stores.Postgres.Many;

/// <summary>How a seat looks to somebody who waits for it.</summary>
/// <param name="Holder">The server process that holds its lock; 0 when it is free.</param>
/// <param name="PresenceKey">The presence key of that process; null where it has none, as a session of one seat.</param>
/// <param name="Released">The last term was given back; its lock follows in a moment.</param>
/// <param name="Better">How many better candidates wait for it now.</param>
/// <param name="Program">What a holder calls itself that is no candidate: it happens to use the same key.</param>
internal readonly record struct SeatView(int Holder, int? PresenceKey, bool Released, int Better, string? Program = null);

/// <summary>Looks at any number of seats in one round trip.</summary>
internal sealed class SeatSurvey(NpgsqlConnection connection) : IAsyncDisposable
{
    /// <summary>A granted presence in <c>pg_locks l</c>; those who wait for its end hold it in another mode. Parameter 1 is the class.</summary>
    public const string IsPresence = $"{IsHeld} AND l.objsubid = 2 AND l.classid::bigint = $1 AND l.mode = 'ExclusiveLock'";

    private const string IsHeld = """
        l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """;

    private const string Sql = $"""
        WITH present AS MATERIALIZED (SELECT l.pid, l.objid::bigint::int AS key FROM pg_locks l WHERE {IsPresence}),
        held AS MATERIALIZED (
            SELECT l.classid::bigint << 32 | l.objid::bigint AS key, min(l.pid) AS pid
            FROM pg_locks l WHERE {IsHeld} AND l.objsubid = 1 GROUP BY 1)
        SELECT coalesce(h.pid, 0), p.key, coalesce(t.released_token = t.token, false),
            CASE WHEN h.pid IS NULL THEN (
                SELECT count(*)::int FROM election_waiters w JOIN present q ON q.pid = w.backend_pid AND q.key = w.presence
                WHERE w.election = a.election AND (w.priority > a.priority
                    OR (w.priority = a.priority AND (w.node_id, w.incarnation) < (a.node_id, a.incarnation)))) ELSE 0 END,
            CASE WHEN h.pid IS NOT NULL AND p.key IS NULL THEN (
                SELECT s.application_name FROM pg_stat_activity s
                WHERE s.pid = h.pid AND NOT starts_with(s.application_name, '{LockSession.Name} ')) END
        FROM unnest($2::text[], $3::bigint[], $4::int[], $5::text[], $6::text[]) WITH ORDINALITY
            AS a (election, key, priority, node_id, incarnation, n)
        LEFT JOIN held h ON h.key = a.key LEFT JOIN present p ON p.pid = h.pid
        LEFT JOIN election_terms t ON t.election = a.election
        ORDER BY a.n
        """;

    private readonly NpgsqlCommand _command = new(Sql, connection);
    private readonly NpgsqlParameter<string[]> _elections = new();
    private readonly NpgsqlParameter<long[]> _keys = new();
    private readonly NpgsqlParameter<int[]> _priorities = new();
    private readonly NpgsqlParameter<string[]> _nodes = new();
    private readonly NpgsqlParameter<string[]> _incarnations = new();

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        NpgsqlParameter[] parameters =
            [new NpgsqlParameter<int> { TypedValue = SessionPresence.Class }, _elections, _keys, _priorities, _nodes, _incarnations];
        _command.Parameters.AddRange(parameters);
        Set([]);
        await _command.PrepareAsync(cancellationToken);
        await LookAsync([]);
    }

    /// <summary>How the seats look to these, in their order.</summary>
    public async Task<List<SeatView>> LookAsync(IReadOnlyList<Stand> stands)
    {
        Set(stands);
        var views = new List<SeatView>(stands.Count);
        await using var reader = await _command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            views.Add(new SeatView(
                reader.GetInt32(0), reader.IsDBNull(1) ? null : reader.GetInt32(1), reader.GetBoolean(2), reader.GetInt32(3),
                reader.IsDBNull(4) ? null : reader.GetString(4)));
        }

        return views;
    }

    public ValueTask DisposeAsync() => _command.DisposeAsync();

    private void Set(IReadOnlyList<Stand> stands)
    {
        _elections.TypedValue = [.. stands.Select(s => s.Candidacy.Election)];
        _keys.TypedValue = [.. stands.Select(s => s.Key)];
        _priorities.TypedValue = [.. stands.Select(s => s.Candidacy.Priority)];
        _nodes.TypedValue = [.. stands.Select(s => s.Candidacy.Id.NodeId)];
        _incarnations.TypedValue = [.. stands.Select(s => s.Candidacy.Id.Incarnation)];
    }
}
