using Npgsql;

namespace AspireElection.Stores.Postgres;

/// <summary>
/// What leaders write down. The fence has a row of its own and is not the one that a fenced transaction holds for
/// the length of a migration: the same leader tells of its progress meanwhile.
/// </summary>
internal sealed class PostgresLedger(PooledStatements pool) : ILedger
{
    // Refused when a newer term was granted, though it has not written yet, or when a newer term has written.
    private const string Fence = """
        WITH fence AS (
            INSERT INTO election_ledger_fence AS f (election, token, node_id, incarnation)
            SELECT $1, $2, $3, $4 WHERE NOT EXISTS (
                SELECT FROM election_terms t WHERE t.election = $1
                AND (t.token > $2 OR (t.token = $2 AND (t.node_id, t.incarnation) <> ($3, $4))))
            ON CONFLICT (election) DO UPDATE
                SET token = excluded.token, node_id = excluded.node_id, incarnation = excluded.incarnation
                WHERE f.token < excluded.token
                OR (f.token, f.node_id, f.incarnation) = (excluded.token, excluded.node_id, excluded.incarnation)
            RETURNING 1)
        """;

    private const string Write = Fence + """
        , written AS (
            INSERT INTO election_ledger (election, key, value, token) SELECT $1, $5, $6, $2 FROM fence
            ON CONFLICT (election, key) DO UPDATE SET value = excluded.value, token = excluded.token)
        SELECT count(*) FROM fence
        """;

    private const string Append = Fence + """
        , written AS (
            INSERT INTO election_log (election, log, entry, token) SELECT $1, $5, $6, $2 FROM fence)
        SELECT count(*) FROM fence
        """;

    // A statement of its own, in the same transaction: only a new snapshot shows the entry that was just appended.
    private const string Trim = """
        DELETE FROM election_log WHERE election = $1 AND log = $2 AND position <= (
            SELECT position FROM election_log WHERE election = $1 AND log = $2 ORDER BY position DESC OFFSET $3 LIMIT 1)
        """;

    public ValueTask<IReadOnlyDictionary<string, string>> ReadAsync(
        string election, string prefix, CancellationToken cancellationToken) =>
        pool.RunAsync<IReadOnlyDictionary<string, string>>(
            async (connection, cancellation) =>
            {
                await using var read = new NpgsqlCommand(
                    "SELECT key, value FROM election_ledger WHERE election = $1 AND starts_with(key, $2)", connection);
                read.Parameters.With(election).With(prefix);
                await using var reader = await read.ExecuteReaderAsync(cancellation);
                var values = new Dictionary<string, string>(StringComparer.Ordinal);
                while (await reader.ReadAsync(cancellation))
                    values.Add(reader.GetString(0), reader.GetString(1));
                return values;
            },
            cancellationToken);

    public ValueTask WriteAsync(Term term, string key, string value, CancellationToken cancellationToken)
    {
        var write = new NpgsqlBatchCommand(Write);
        write.Parameters.WithTerm(term).With(key).With(value);
        return RunFencedAsync(term, [write], cancellationToken);
    }

    public ValueTask AppendAsync(Term term, string log, string entry, int keep, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(keep);
        var append = new NpgsqlBatchCommand(Append);
        append.Parameters.WithTerm(term).With(log).With(entry);
        var trim = new NpgsqlBatchCommand(Trim);
        trim.Parameters.With(term.Election).With(log).With((long)keep);
        return RunFencedAsync(term, [append, trim], cancellationToken);
    }

    public ValueTask<IReadOnlyList<string>> ReadLogAsync(string election, string log, CancellationToken cancellationToken) =>
        pool.RunAsync<IReadOnlyList<string>>(
            async (connection, cancellation) =>
            {
                await using var read = new NpgsqlCommand(
                    "SELECT entry FROM election_log WHERE election = $1 AND log = $2 ORDER BY position", connection);
                read.Parameters.With(election).With(log);
                await using var reader = await read.ExecuteReaderAsync(cancellation);
                var entries = new List<string>();
                while (await reader.ReadAsync(cancellation))
                    entries.Add(reader.GetString(0));
                return entries;
            },
            cancellationToken);

    private async ValueTask RunFencedAsync(Term term, NpgsqlBatchCommand[] commands, CancellationToken cancellationToken)
    {
        var accepted = await pool.RunAsync(
            async (connection, cancellation) =>
            {
                await using var batch = new NpgsqlBatch(connection);
                foreach (var command in commands)
                    batch.BatchCommands.Add(command);
                return (long)(await batch.ExecuteScalarAsync(cancellation))!;
            },
            cancellationToken);
        if (accepted == 0)
            throw new StaleTermException(term);
    }
}
