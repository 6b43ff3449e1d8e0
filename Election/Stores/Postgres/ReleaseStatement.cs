using Npgsql;

namespace AspireElection.Stores.Postgres;

/// <summary>
/// Gives a seat back in one round trip: marks its term as given back, which is a transaction of its own, and then
/// unlocks, so that the next in line finds the mark.
/// </summary>
/// <remarks>
/// The one write of the lock session but for taking the term, and the last thing that it does: nobody believes in the term
/// any more, so that it matters no more whether a statement holds the session up. A row that somebody keeps locked is
/// passed over, and a table for 100 ms (<see cref="TermStatement"/> sets that): the seat is given back without the mark
/// then. It is not durable on purpose: after a crash no mark is believed, and no hand-over waits for the disk.
/// </remarks>
internal sealed class ReleaseStatement : IAsyncDisposable
{
    private const string Mark = """
        UPDATE election_terms t SET released_token = t.token
        FROM (
            SELECT l.election FROM election_terms l
            WHERE l.election = $1 AND l.token = $2 AND l.node_id = $3 AND l.incarnation = $4
            FOR UPDATE SKIP LOCKED) AS own
        WHERE t.election = own.election
        RETURNING set_config('synchronous_commit', 'off', true)
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
        foreach (var command in (NpgsqlBatchCommand[])[mark, new(Unlock)])
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
