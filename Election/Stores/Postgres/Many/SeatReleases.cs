using Npgsql;

namespace AspireElection.Stores.Postgres.Many;

/// <summary>
/// Gives seats back, all together that are given back at one time: a process that stops leads hundreds of elections,
/// and must not ask for a connection for each.
/// </summary>
internal sealed class SeatReleases(PooledStatements pool, ElectionLines lines, TimeProvider clock)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

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

    private readonly Lock _gate = new();
    private List<SharedSeat> _next = [];
    private Task _run = Task.CompletedTask;
    private bool _isPlanned;

    public Task ReleaseAsync(SharedSeat seat)
    {
        lock (_gate)
        {
            _next.Add(seat);
            if (!_isPlanned)
            {
                _isPlanned = true;
                _run = RunAfterAsync(_run);
            }

            return _run;
        }
    }

    /// <summary>Tells of seats that ran out, once their locks are given back: no session ends with them.</summary>
    public async Task TellAsync(List<SharedSeat> seats, Task unlocked)
    {
        await unlocked;
        seats.ForEach(lines.Ended);
        try
        {
            await pool.RunAsync(
                async (connection, cancellation) =>
                {
                    await using var batch = new NpgsqlBatch(connection);
                    batch.BatchCommands.Add(NotifyOf(seats));
                    return await batch.ExecuteNonQueryAsync(cancellation);
                },
                CancellationToken.None);
        }
        catch (Exception exception) when (exception is StoreUnavailableException or ObjectDisposedException)
        {
            // Those who wait look by themselves, a little later.
        }
    }

    private async Task RunAfterAsync(Task before)
    {
        // One after the other: whoever comes meanwhile goes together with all the others who do.
        await before;
        await Task.Yield();
        List<SharedSeat> seats;
        lock (_gate)
        {
            seats = _next;
            _next = [];
            _isPlanned = false;
        }

        await MarkAsync(seats);
        await Task.WhenAll(seats.Select(UnlockAsync));
    }

    private async Task MarkAsync(List<SharedSeat> seats)
    {
        try
        {
            // Given up and not only left behind: what goes on at the server would keep its row locks.
            using var limit = new CancellationTokenSource(Limit, clock);
            await pool.RunAsync((connection, cancellation) => MarkAsync(connection, seats, cancellation), limit.Token)
                .AsTask().WaitAsync(Limit, clock);
        }
        catch (Exception)
        {
            // Whatever it was (a server that cannot be reached, a store that is closed): the seats are given back all the
            // same, and those of later releases too. Without the mark a successor waits for a lease, and only when the
            // server restarts in between.
        }
    }

    private static async Task<int> MarkAsync(NpgsqlConnection connection, List<SharedSeat> seats, CancellationToken cancellationToken)
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
        return await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlBatchCommand NotifyOf(List<SharedSeat> seats)
    {
        var tell = new NpgsqlBatchCommand($"SELECT count(pg_notify('{PostgresObservation.Channel}', e)::text) FROM unnest($1::text[]) AS e");
        tell.Parameters.With(seats.Select(s => s.Term.Election).ToArray());
        return tell;
    }

    private async Task UnlockAsync(SharedSeat seat)
    {
        try
        {
            await seat.Slot.UnlockAsync(seat).WaitAsync(Limit, clock);
        }
        catch (TimeoutException)
        {
            // The server hangs: it is unlocked as soon as it goes on, or with the end of the session.
        }

        lines.Ended(seat);
    }
}
