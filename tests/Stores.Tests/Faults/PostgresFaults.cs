using AspireElection.Faults.Harness;
using AspireElection.Stores.Postgres;
using Npgsql;

namespace AspireElection.Faults;

/// <summary>What only PostgreSQL can suffer.</summary>
internal static class PostgresFaults
{
    private static readonly string OfSeat =
        $"locktype = 'advisory' AND (classid::bigint << 32 | objid::bigint) = {SeatKey.Of(Ground.Election)}";

    public static IEnumerable<Fault> All =>
    [
        new("leader's session ended by an administrator", ["postgres"], (_, _) => Bounds.AtOnce, TerminatedAsync) { Weight = 3 },
        new("connection limit reached", ["postgres"], (_, lease) => Bounds.ServerBack(lease), ConnectionLimitAsync),
        new("waiters frozen ahead of a live one", ["postgres"], (_, _) => Bounds.DeadWaiters, WaitersFrozenAsync) { EndsLeader = true },
        new("waiters dead ahead of a live one", ["postgres"], (_, _) => Bounds.DeadWaiters, WaitersDeadAsync) { EndsLeader = true },
        new("heartbeats blocked by a row lock of somebody else", ["postgres"], (_, lease) => Bounds.OneLease(lease), RowLockAsync),
    ];

    private static async Task TerminatedAsync(Strike strike)
    {
        await strike.RandomPhaseAsync();
        var at = RunClock.Now;
        strike.Cluster.Recording.AllowOverlap(at, at + strike.Lease, Bounds.SessionEnded);
        await On(strike).AskAsync<long>($"SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE granted AND {OfSeat}");
        await strike.NextTermAsync(at);
    }

    private static async Task ConnectionLimitAsync(Strike strike)
    {
        var at = RunClock.Now;
        strike.Cluster.Recording.AllowOverlap(at, at + strike.Lease, Bounds.SessionEnded);
        await On(strike).AskAsync<object>($"ALTER ROLE {PostgresGround.Role} CONNECTION LIMIT 0; SELECT 1");
        await On(strike).AskAsync<long>($"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = '{PostgresGround.Role}'");
        await Strike.WaitAsync(strike.Lease * 2);
        strike.NobodyLongerThanTrust(at);
        var lifted = RunClock.Now;
        await On(strike).AskAsync<object>($"ALTER ROLE {PostgresGround.Role} CONNECTION LIMIT -1; SELECT 1");
        await strike.NextTermAsync(lifted);
    }

    private static async Task WaitersFrozenAsync(Strike strike)
    {
        foreach (var ahead in await AllButLastAsync(strike))
            ahead.Process.Freeze();
        await strike.NextTermAsync(strike.Leader.Process.Kill());
    }

    /// <summary>The server does not hear of their end: their lines lose everything first.</summary>
    private static async Task WaitersDeadAsync(Strike strike)
    {
        foreach (var ahead in await AllButLastAsync(strike))
        {
            ahead.Line.BlackHole();
            ahead.Process.Kill();
        }

        await strike.NextTermAsync(strike.Leader.Process.Kill());
    }

    private static async Task RowLockAsync(Strike strike)
    {
        await using var connection = await On(strike).Admin.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var rows = new NpgsqlCommand("SELECT * FROM node_records FOR UPDATE", connection, transaction);
        await rows.ExecuteNonQueryAsync();
        await Strike.WaitAsync(strike.Lease * 4);
        await strike.SameTermAsync();
        await transaction.RollbackAsync();
        await strike.SameTermAsync();
    }

    /// <summary>Those in line, without the one who came last.</summary>
    private static async Task<IReadOnlyList<Node>> AllButLastAsync(Strike strike)
    {
        IReadOnlyList<Node> line = [];
        for (var end = RunClock.Now + strike.Lease * 10; line.Count < strike.Followers.Count; await Task.Delay(10))
        {
            if (RunClock.Now > end)
                throw new TimeoutException($"Only {line.Count} stand in line: {strike.Cluster.Text()}");
            line = await LineAsync(strike);
        }

        return [.. line.SkipLast(1)];
    }

    private static async Task<IReadOnlyList<Node>> LineAsync(Strike strike)
    {
        var line = new List<Node>();
        await using var command = On(strike).Admin.CreateCommand(
            $"SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND l.waitstart IS NOT NULL AND {OfSeat} ORDER BY l.waitstart");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var name = reader.GetString(0).Split(' ')[^1];
            // The leader of a moment ago may stand there again: then the line is not yet what the fault wants.
            if (strike.Followers.FirstOrDefault(f => f.NodeId == name) is { } follower)
                line.Add(follower);
        }

        return line;
    }

    private static PostgresGround On(Strike strike) => (PostgresGround)strike.Cluster.Ground;
}
