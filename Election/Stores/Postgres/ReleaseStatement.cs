using Npgsql;

namespace AspireElection.Stores.Postgres;

/// <summary>
/// Gives a seat back: at once by unlocking under a name that says so, and for good by a mark in the row of the term, when the
/// successor has had its turn.
/// </summary>
/// <remarks>
/// The mark counts only while the row still has the term, which a waiting successor overwrites within milliseconds: writing
/// it first cost each hand-over 0.4 ms. The name is gone with the session, which therefore outlives the mark. The mark is
/// passed over where somebody keeps the row locked, and after 100 ms where it is the table: the seat is free anyway. It is
/// not durable on purpose: after a crash no mark is believed.
/// </remarks>
internal sealed class ReleaseStatement : IAsyncDisposable
{
    /// <summary>An SQL text; with the token behind it, the name of a session that has given back that term.</summary>
    public const string NameOf = $"'{LockSession.Name} released ' ||";

    // Locks stack in a session, so all of them; the name first, so that whoever is granted the lock finds it.
    private const string Unlock = $"SELECT set_config('application_name', {NameOf} $1::bigint, false), pg_advisory_unlock_all()";

    private const string Briefly = "SELECT set_config('lock_timeout', '100', true), set_config('synchronous_commit', 'off', true)";

    private const string Mark = """
        UPDATE election_terms t SET released_token = t.token
        FROM (
            SELECT l.election FROM election_terms l
            WHERE l.election = $1 AND l.token = $2 AND l.node_id = $3 AND l.incarnation = $4
            FOR UPDATE SKIP LOCKED) AS own
        WHERE t.election = own.election
        """;

    private readonly NpgsqlCommand _unlock;
    private readonly NpgsqlParameter<long> _token = new();

    public ReleaseStatement(NpgsqlConnection connection)
    {
        _unlock = new NpgsqlCommand(Unlock, connection);
        _unlock.Parameters.Add(_token);
    }

    public Task PrepareAsync(CancellationToken cancellationToken) => _unlock.PrepareAsync(cancellationToken);

    public async Task UnlockAsync(long token, CancellationToken cancellationToken)
    {
        _token.TypedValue = token;
        await _unlock.ExecuteNonQueryAsync(cancellationToken);
    }

    public static async Task MarkAsync(NpgsqlConnection connection, Term term, CancellationToken cancellationToken)
    {
        var mark = new NpgsqlBatchCommand(Mark);
        mark.Parameters.WithTerm(term);
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Briefly));
        batch.BatchCommands.Add(mark);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => _unlock.DisposeAsync();
}
