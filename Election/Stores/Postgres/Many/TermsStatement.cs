using Npgsql;

namespace AspireElection.Stores.Postgres.Many;

/// <summary>
/// Takes the terms of all elections whose locks a session was just granted, in one round trip: the rules of
/// <see cref="TermStatement"/>, for a set.
/// </summary>
/// <remarks>
/// No better waiter is looked for: those who wait for the lock itself are served by the server before a lock that is
/// only tried is granted, and those in the register were given their turn before.
/// </remarks>
internal sealed class TermsStatement(NpgsqlConnection connection) : IAsyncDisposable
{
    // A row that somebody else has locked is passed over: waiting for it would keep all other seats from being renewed.
    private const string Sql = $$"""
        WITH wanted AS MATERIALIZED (
            SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::int[], $7::bigint[],
                $8::bigint[], $9::bigint[], $10::bigint[]) WITH ORDINALITY
                AS w (election, lock_key, node_id, incarnation, address, priority, lease_ms, seen, alive, outlasted, n)),
        server AS MATERIALIZED ({{ServerEpoch.Now}}),
        last AS MATERIALIZED (
            SELECT election, token, incarnation, lease_ms, server_epoch, released_token
            FROM election_terms WHERE election = ANY ($1) FOR UPDATE SKIP LOCKED),
        state AS MATERIALIZED (
            SELECT w.*, l.token AS before, l.token = l.released_token AS given_back, s.epoch,
                l.election IS NULL AND EXISTS (SELECT FROM election_terms t WHERE t.election = w.election) AS busy,
                CASE WHEN (split_part(l.server_epoch, '/', 3) <> s.mark OR (l.token <> l.released_token AND l.incarnation <> w.incarnation))
                    AND l.token <> w.outlasted AND l.server_epoch <> s.epoch AND l.lease_ms > s.age_ms
                    THEN ceil(l.lease_ms - s.age_ms)::bigint END AS left_ms,
                coalesce(l.token, 0) < w.alive AS forgotten
            FROM wanted w CROSS JOIN server s LEFT JOIN last l ON l.election = w.election),
        taken AS (
            INSERT INTO election_terms AS t (election, lock_key, node_id, incarnation, address, priority, lease_ms,
                token, backend_pid, server_epoch, since)
            SELECT election, lock_key, node_id, incarnation, address, priority, lease_ms,
                greatest(greatest(coalesce(before, 0), seen) + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint),
                pg_backend_pid(), epoch, clock_timestamp()
            FROM state WHERE NOT busy AND left_ms IS NULL AND NOT forgotten
            ON CONFLICT (election) DO UPDATE SET token = greatest(t.token + 1, excluded.token),
                lock_key = excluded.lock_key, node_id = excluded.node_id, incarnation = excluded.incarnation,
                address = excluded.address, priority = excluded.priority, lease_ms = excluded.lease_ms,
                backend_pid = excluded.backend_pid, server_epoch = excluded.server_epoch, since = excluded.since
            RETURNING t.election, t.token)
        SELECT taken.token, state.busy, state.before, state.left_ms,
            CASE WHEN taken.token IS NOT NULL THEN pg_notify('{{PostgresObservation.Channel}}', state.election)::text END, state.given_back,
            CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'local', true) END
        FROM state LEFT JOIN taken ON taken.election = state.election ORDER BY state.n
        """;

    private readonly NpgsqlCommand _command = new(Sql, connection);
    private readonly NpgsqlParameter<string[]> _elections = new();
    private readonly NpgsqlParameter<long[]> _keys = new();
    private readonly NpgsqlParameter<string[]> _nodes = new();
    private readonly NpgsqlParameter<string[]> _incarnations = new();
    private readonly NpgsqlParameter<string?[]> _addresses = new();
    private readonly NpgsqlParameter<int[]> _priorities = new();
    private readonly NpgsqlParameter<long[]> _leases = new();
    private readonly NpgsqlParameter<long[]> _seen = new();
    private readonly NpgsqlParameter<long[]> _alive = new();
    private readonly NpgsqlParameter<long[]> _outlasted = new();

    /// <summary>Plans the statement and fills the session's caches, so that a killed leader's successor does neither.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        NpgsqlParameter[] parameters =
            [_elections, _keys, _nodes, _incarnations, _addresses, _priorities, _leases, _seen, _alive, _outlasted];
        _command.Parameters.AddRange(parameters);
        Set([]);
        await _command.PrepareAsync(cancellationToken);
        await TakeAsync([], cancellationToken);
    }

    /// <summary>What came of each wish, in their order; null for one whose row somebody else has locked.</summary>
    public async Task<List<TermAnswer?>> TakeAsync(IReadOnlyList<TermWish> wishes, CancellationToken cancellationToken)
    {
        Set(wishes);
        var answers = new List<TermAnswer?>(wishes.Count);
        await using var reader = await _command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            answers.Add(AnswerOf(reader));
        return answers;
    }

    public ValueTask DisposeAsync() => _command.DisposeAsync();

    private void Set(IReadOnlyList<TermWish> wishes)
    {
        _elections.TypedValue = [.. wishes.Select(w => w.Candidacy.Election)];
        _keys.TypedValue = [.. wishes.Select(w => SeatKey.Of(w.Candidacy.Election))];
        _nodes.TypedValue = [.. wishes.Select(w => w.Candidacy.Id.NodeId)];
        _incarnations.TypedValue = [.. wishes.Select(w => w.Candidacy.Id.Incarnation)];
        _addresses.TypedValue = [.. wishes.Select(w => w.Candidacy.Address)];
        _priorities.TypedValue = [.. wishes.Select(w => w.Candidacy.Priority)];
        _leases.TypedValue = [.. wishes.Select(w => (long)w.Candidacy.LeaseDuration.TotalMilliseconds)];
        _seen.TypedValue = [.. wishes.Select(w => w.Candidacy.HighestToken)];
        _alive.TypedValue = [.. wishes.Select(w => w.Alive)];
        _outlasted.TypedValue = [.. wishes.Select(w => w.Outlasted)];
    }

    private static TermAnswer? AnswerOf(NpgsqlDataReader reader)
    {
        if (!reader.IsDBNull(0))
            return new TermAnswer.Taken(reader.GetInt64(0), reader.IsDBNull(5) ? null : reader.GetBoolean(5));
        if (reader.GetBoolean(1))
            return null;
        return reader.IsDBNull(3)
            ? new TermAnswer.Forgotten()
            : new TermAnswer.Outlast(reader.GetInt64(2), TimeSpan.FromMilliseconds(reader.GetInt64(3)));
    }
}

/// <summary>A term to be taken.</summary>
/// <param name="Candidacy">Who wants it.</param>
/// <param name="Alive">A term that may still be trusted in, by what the candidate was last told; 0 for none.</param>
/// <param name="Outlasted">The term whose lease was waited out after a restart; 0 for none.</param>
internal readonly record struct TermWish(Candidacy Candidacy, long Alive, long Outlasted);
