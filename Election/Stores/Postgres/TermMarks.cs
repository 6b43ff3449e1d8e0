using Npgsql;

namespace AspireElection.Stores.Postgres;

/// <summary>What is written into the row of a term after it was taken: never by the session that holds the lock.</summary>
internal sealed class TermMarks(PooledStatements pool)
{
    private const string Own = "WHERE election = $1 AND token = $2 AND node_id = $3 AND incarnation = $4";

    /// <summary>Shows that the term was given back rather than cut off.</summary>
    /// <remarks>
    /// Not durable on purpose: a mark that is lost in a crash costs a wait, and no hand-over waits for the disk.
    /// </remarks>
    public Task<int> ReleasedAsync(Term term, CancellationToken cancellationToken) => WriteAsync(
        new NpgsqlBatchCommand($"UPDATE election_terms SET released_token = token {Own}"), term, cancellationToken);

    /// <summary>Tells observers, and those who outlast the term after a restart, of a longer lease.</summary>
    public Task<int> LongerLeaseAsync(Term term, TimeSpan lease, CancellationToken cancellationToken)
    {
        var milliseconds = LockSession.Milliseconds(lease);
        return WriteAsync(
            new NpgsqlBatchCommand($"UPDATE election_terms SET lease_ms = {milliseconds} {Own}"), term, cancellationToken);
    }

    private Task<int> WriteAsync(NpgsqlBatchCommand mark, Term term, CancellationToken cancellationToken)
    {
        mark.Parameters.WithTerm(term);
        var tell = new NpgsqlBatchCommand($"SELECT pg_notify('{PostgresObservation.Channel}', $1)");
        tell.Parameters.With(term.Election);
        return pool.RunAsync(
            async (connection, cancellation) =>
            {
                await using var batch = new NpgsqlBatch(connection);
                batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT set_config('synchronous_commit', 'off', true)"));
                batch.BatchCommands.Add(mark);
                batch.BatchCommands.Add(tell);
                return await batch.ExecuteNonQueryAsync(cancellation);
            },
            cancellationToken).AsTask();
    }
}
