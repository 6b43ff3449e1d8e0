using Npgsql;

namespace AspireElection.Stores.Postgres;

/// <summary>
/// Gives a seat back in one round trip: marks its term as given back, which is a transaction of its own, and then
/// unlocks, so that the next in line finds the mark.
/// </summary>
/// <remarks>
/// The one write of the lock session but for taking the term, and the last thing that it does: nobody believes in the term
/// any more, so that it matters no more whether a statement holds the session up. It is not durable on purpose: a mark
/// that is lost in a crash costs a wait, and no hand-over waits for the disk.
/// </remarks>
internal sealed class ReleaseStatement : IAsyncDisposable
{
    // For what is left of the session: a table that somebody keeps locked goes without the mark.
    private const string Briefly = "SELECT set_config('lock_timeout', '100', false), set_config('synchronous_commit', 'off', false)";

    private const string Mark = """
        UPDATE election_terms t SET released_token = t.token
        FROM (
            SELECT l.election FROM election_terms l
            WHERE l.election = $1 AND l.token = $2 AND l.node_id = $3 AND l.incarnation = $4
            FOR UPDATE SKIP LOCKED) AS own
        WHERE t.election = own.election
        """;

    // Locks stack in a session, so all of them.
    private const string Unlock = "SELECT pg_advisory_unlock_all()";

    private readonly NpgsqlBatch _batch;
    private readonly NpgsqlParameter<long> _token = new();

    public ReleaseStatement(NpgsqlConnection connection, Candidacy candidacy)
    {
        var mark = new NpgsqlBatchCommand(Mark);
        mark.Parameters.With(candidacy.Election);
        mark.Parameters.Add(_token);
        mark.Parameters.With(candidacy.Id.NodeId).With(candidacy.Id.Incarnation);
        // A mark that fails does not keep the lock.
        _batch = new NpgsqlBatch(connection) { EnableErrorBarriers = true };
        foreach (var command in (NpgsqlBatchCommand[])[new(Briefly), mark, new(Unlock)])
            _batch.BatchCommands.Add(command);
    }

    public Task PrepareAsync(CancellationToken cancellationToken) => _batch.PrepareAsync(cancellationToken);

    public async Task ExecuteAsync(long token, CancellationToken cancellationToken)
    {
        _token.TypedValue = token;
        await _batch.ExecuteNonQueryAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => _batch.DisposeAsync();
}
