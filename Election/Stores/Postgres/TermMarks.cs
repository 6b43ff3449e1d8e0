using Npgsql;

namespace AspireElection.Stores.Postgres;

/// <summary>What is written into the row of a term after it was taken: never by the session that holds the lock.</summary>
internal sealed class TermMarks(PooledStatements pool)
{
    private const string Own = "WHERE election = $1 AND token = $2 AND node_id = $3 AND incarnation = $4";

    /// <summary>
    /// Tells all observers to look at the seat, unless there is a newer term: whoever took that one tells. Not in the
    /// transactions of a hand-over themselves: every observer of the cluster would wake, and ask, before the new leader is
    /// answered.
    /// </summary>
    public Task<int> TellAsync(Term term, CancellationToken cancellationToken) => pool.RunAsync(
        async (connection, cancellation) =>
        {
            await using var tell = new NpgsqlCommand($"SELECT pg_notify('{PostgresObservation.Channel}', election) FROM election_terms {Own}", connection);
            tell.Parameters.WithTerm(term);
            return await tell.ExecuteNonQueryAsync(cancellation);
        },
        cancellationToken).AsTask();

    /// <summary>
    /// Tells observers, and those who outlast the term after a restart, of a longer lease. On disk before it counts: after a
    /// crash the lease in the row bounds those of all terms that were lost.
    /// </summary>
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
                batch.BatchCommands.Add(new NpgsqlBatchCommand(
                    "SELECT set_config('synchronous_commit', 'local', true) WHERE current_setting('synchronous_commit') = 'off'"));
                batch.BatchCommands.Add(mark);
                batch.BatchCommands.Add(tell);
                return await batch.ExecuteNonQueryAsync(cancellation);
            },
            cancellationToken).AsTask();
    }
}
