using Npgsql;

namespace AspireElection.Stores.Postgres;

/// <summary>What came of trying to take the term.</summary>
internal abstract record TermAnswer
{
    private TermAnswer()
    {
    }

    /// <summary>The term is taken; whether the one before was given back, where there was one.</summary>
    public sealed record Taken(long Token, bool? GivenBack) : TermAnswer;

    /// <summary>A candidate of higher priority, or of an equal one and a lower node id, waits for this lock now.</summary>
    public sealed record BetterWaits(int BackendPid, long LastToken) : TermAnswer;

    /// <summary>
    /// The server restarted in a term that was not released, or crashed or was promoted: its leader, or one whose row was
    /// lost with the crash, may still trust in a term, at most for what is left of a lease since then.
    /// </summary>
    public sealed record Outlast(long Token, TimeSpan Left) : TermAnswer;

    /// <summary>The store has forgotten a term that the candidate knows.</summary>
    public sealed record Forgotten : TermAnswer;
}

/// <summary>
/// Makes a leader of the session that was granted the lock, in one round trip: looks for a better candidate, numbers
/// and writes the term, and stretches the idle time-out from the grace to the lease. Trust is anchored at its sending.
/// </summary>
/// <remarks>
/// Better is a higher priority and, in a short line, among equals the lower node id: its session is named after priority
/// and node, equally cut off for all of them. Each one that is let ahead costs a turn, which a long line cannot afford.
/// </remarks>
internal sealed class TermStatement : IAsyncDisposable
{
    /// <summary>Up to so many waiters equals are served by node id, beyond that in the order of the line.</summary>
    private const string ShortLine = "8";

    private const string Sql = $$"""
        WITH last AS MATERIALIZED (
            SELECT token, incarnation, lease_ms, server_epoch, released_token, backend_pid FROM election_terms WHERE election = $1),
        server AS MATERIALIZED ({{ServerEpoch.Now}}),
        waiting AS MATERIALIZED (
            SELECT l.pid, a.application_name COLLATE "C" AS name,
                CASE WHEN a.application_name ~ '^{{LockSession.Name}} -?[0-9]{1,10} '
                    THEN split_part(a.application_name, ' ', 2)::bigint END AS priority
            FROM pg_locks l, LATERAL pg_stat_get_activity(l.pid) a
            WHERE l.locktype = 'advisory' AND NOT l.granted AND l.objsubid = 1
            AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND ((l.classid::bigint << 32) | l.objid::bigint) = $2),
        better AS MATERIALIZED (
            SELECT pid FROM waiting
            WHERE (pid <> ALL ($11) OR coalesce((SELECT token FROM last), 0) <> $12)
            AND (priority > $6 OR (priority = $6 AND name < current_setting('application_name') COLLATE "C"
                AND (SELECT count(*) FROM waiting) <= {{ShortLine}}))
            ORDER BY priority DESC, name LIMIT 1),
        outlast AS MATERIALIZED (
            SELECT last.token, ceil(last.lease_ms - server.age_ms)::bigint AS left_ms FROM last, server
            WHERE (split_part(last.server_epoch, '/', 3) <> server.mark
                OR (last.token <> last.released_token AND last.incarnation <> $4))
            AND last.token <> $10 AND last.server_epoch <> server.epoch AND last.lease_ms > server.age_ms),
        taken AS (
            INSERT INTO election_terms AS t (election, lock_key, node_id, incarnation, address, priority, lease_ms,
                token, backend_pid, server_epoch, since)
            SELECT $1, $2, $3, $4, $5, $6, $7,
                greatest(greatest(coalesce((SELECT token FROM last), 0), $8) + 1,
                    (extract(epoch FROM clock_timestamp()) * 1000000)::bigint),
                pg_backend_pid(), server.epoch, clock_timestamp()
            FROM server
            WHERE coalesce((SELECT token FROM last), 0) >= $9 AND NOT EXISTS (SELECT FROM better) AND NOT EXISTS (SELECT FROM outlast)
            ON CONFLICT (election) DO UPDATE SET token = greatest(t.token + 1, excluded.token),
                lock_key = excluded.lock_key, node_id = excluded.node_id, incarnation = excluded.incarnation,
                address = excluded.address, priority = excluded.priority, lease_ms = excluded.lease_ms,
                backend_pid = excluded.backend_pid, server_epoch = excluded.server_epoch, since = excluded.since
            RETURNING token)
        SELECT (SELECT token FROM taken), (SELECT pid FROM better), (SELECT token FROM outlast), (SELECT left_ms FROM outlast),
            set_config('idle_session_timeout', $7::text, false), coalesce((SELECT token FROM last), 0),
            (SELECT token = released_token OR EXISTS (SELECT FROM pg_stat_get_activity(backend_pid) a WHERE a.application_name = {{ReleaseStatement.NameOf}} token)
                FROM last, server WHERE split_part(server_epoch, '/', 3) = mark),
            CASE WHEN EXISTS (SELECT FROM last JOIN taken ON taken.token > greatest(last.token, $8) + 1 WHERE last.lease_ms >= $7)
                THEN set_config('synchronous_commit', 'off', true)
                WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'local', true) END
        """;

    private readonly LockSession _session;
    private readonly NpgsqlCommand _command;
    private readonly NpgsqlParameter<string> _election = new();
    private readonly NpgsqlParameter<long> _key = new();
    private readonly NpgsqlParameter<long> _seen = new();
    private readonly NpgsqlParameter<long> _alive = new();
    private readonly NpgsqlParameter<long> _outlasted = new();
    private readonly NpgsqlParameter<int[]> _steppedBackFor = new() { TypedValue = [] };
    private readonly NpgsqlParameter<long> _steppedBackAfter = new();

    public TermStatement(LockSession session, Candidacy candidacy)
    {
        _session = session;
        _command = new NpgsqlCommand(Sql, session.Connection);
        Of(candidacy.Election, SeatKey.Of(candidacy.Election));
        _command.Parameters.AddRange((NpgsqlParameter[])[_election, _key]);
        _command.Parameters.With(candidacy.Id.NodeId).With(candidacy.Id.Incarnation).WithText(candidacy.Address).With(candidacy.Priority)
            .With((long)candidacy.LeaseDuration.TotalMilliseconds);
        NpgsqlParameter[] changing = [_seen, _alive, _outlasted, _steppedBackFor, _steppedBackAfter];
        _command.Parameters.AddRange(changing);
    }

    public Task PrepareAsync(CancellationToken cancellationToken) => _command.PrepareAsync(cancellationToken);

    /// <summary>Which seat is taken from now on.</summary>
    public void Of(string election, long key) => (_election.TypedValue, _key.TypedValue) = (election, key);

    /// <summary>Takes the term, or says why not.</summary>
    /// <param name="seen">The highest token that the candidate has seen.</param>
    /// <param name="alive">A term that may still be trusted in, by what the candidate was last told; 0 for none.</param>
    /// <param name="outlasted">The term whose lease was waited out after a restart; 0 for none.</param>
    /// <param name="steppedBackFor">Backends of better waiters that had their turn since the last term.</param>
    /// <param name="steppedBackAfter">The token of that term; when another one was taken since, they are to have their turn again.</param>
    public Task<TermAnswer> TakeAsync(long seen, long alive, long outlasted, IEnumerable<int> steppedBackFor, long steppedBackAfter)
    {
        _steppedBackAfter.TypedValue = steppedBackAfter;
        _seen.TypedValue = seen;
        _alive.TypedValue = alive;
        _outlasted.TypedValue = outlasted;
        _steppedBackFor.TypedValue = [.. steppedBackFor];
        return ExecuteAsync(_session.Aborted);
    }

    public ValueTask DisposeAsync() => _command.DisposeAsync();

    private async Task<TermAnswer> ExecuteAsync(CancellationToken cancellationToken)
    {
        await using var reader = await _command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        if (!reader.IsDBNull(0))
            return new TermAnswer.Taken(reader.GetInt64(0), reader.IsDBNull(6) ? null : reader.GetBoolean(6));
        if (!reader.IsDBNull(1))
            return new TermAnswer.BetterWaits(reader.GetInt32(1), reader.GetInt64(5));
        return reader.IsDBNull(2)
            ? new TermAnswer.Forgotten()
            : new TermAnswer.Outlast(reader.GetInt64(2), TimeSpan.FromMilliseconds(reader.GetInt64(3)));
    }
}
