using Npgsql;

namespace AspireElection.Stores.Postgres.Many;

/// <summary>A PostgreSQL server, as shared seats need it.</summary>
internal sealed class SharedSessions(
    ConnectionSettings settings, PoolerCheck poolers, PostgresSchema schema, TermMarks marks, PooledStatements pool, PostgresErrors errors)
    : ISharedSessions
{
    // A row that somebody else keeps locked goes without its mark: waiting for it would keep the rows before it locked,
    // and with them the successors of every other seat that is given back.
    private const string Mark = """
        UPDATE election_terms t SET released_token = t.token
        FROM (
            SELECT l.election FROM election_terms l
            JOIN unnest($1::text[], $2::bigint[], $3::text[], $4::text[]) AS r (election, token, node_id, incarnation)
            ON l.election = r.election AND l.token = r.token AND l.node_id = r.node_id AND l.incarnation = r.incarnation
            FOR UPDATE OF l SKIP LOCKED) AS own
        WHERE t.election = own.election
        """;

    public ValueTask EnsureAsync(CancellationToken cancellationToken) => schema.EnsureAsync(cancellationToken);

    public void Forget() => schema.Forget();

    public async Task<ISeatSession> OpenSeatsAsync(TimeSpan lease, CancellationToken cancellationToken) =>
        await SharedSession.OpenAsync(settings, poolers, errors, lease, cancellationToken);

    public async Task<IWaiterSession> OpenWaitersAsync(CancellationToken cancellationToken) =>
        await WaiterSession.OpenAsync(settings, poolers, errors, cancellationToken);

    public async Task<ISessionWatch> OpenWatchAsync(SessionPresence presence, CancellationToken cancellationToken) =>
        await PresenceWatch.OpenAsync(settings, presence, cancellationToken);

    public Task<int> MarkAsync(List<SharedSeat> seats, CancellationToken cancellationToken) => pool.RunAsync(
        async (connection, cancellation) =>
        {
            await using var batch = new NpgsqlBatch(connection);
            batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT set_config('synchronous_commit', 'off', true)"));
            var mark = new NpgsqlBatchCommand(Mark);
            mark.Parameters
                .With(seats.Select(s => s.Term.Election).ToArray())
                .With(seats.Select(s => s.Term.Token).ToArray())
                .With(seats.Select(s => s.Term.Candidate.NodeId).ToArray())
                .With(seats.Select(s => s.Term.Candidate.Incarnation).ToArray());
            batch.BatchCommands.Add(mark);
            batch.BatchCommands.Add(NotifyOf(seats));
            return await batch.ExecuteNonQueryAsync(cancellation);
        },
        cancellationToken).AsTask();

    public Task TellAsync(List<SharedSeat> seats) => pool.RunAsync(
        async (connection, cancellation) =>
        {
            await using var batch = new NpgsqlBatch(connection);
            batch.BatchCommands.Add(NotifyOf(seats));
            return await batch.ExecuteNonQueryAsync(cancellation);
        },
        CancellationToken.None).AsTask();

    public Task LongerLeaseAsync(Term term, TimeSpan lease, CancellationToken cancellationToken) =>
        marks.LongerLeaseAsync(term, lease, cancellationToken);

    private static NpgsqlBatchCommand NotifyOf(List<SharedSeat> seats)
    {
        var tell = new NpgsqlBatchCommand($"SELECT count(pg_notify('{PostgresObservation.Channel}', e)::text) FROM unnest($1::text[]) AS e");
        tell.Parameters.With(seats.Select(s => s.Term.Election).ToArray());
        return tell;
    }
}
