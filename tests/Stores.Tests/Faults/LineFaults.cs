using AspireElection.Faults.Harness;

namespace AspireElection.Faults;

/// <summary>What happens to the lines between nodes and their server.</summary>
internal static class LineFaults
{
    public static IEnumerable<Fault> All =>
    [
        new("line of the leader reset", Fault.Servers, (_, lease) => Bounds.OneLease(lease), ResetAsync) { Weight = 3 },
        new("leader cut off", Fault.Servers, (_, lease) => Bounds.OneLease(lease), LeaderCutAsync),
        new("all followers cut off", Fault.Servers, (_, lease) => Bounds.OneLease(lease), FollowersCutAsync),
        new("everyone cut off", Fault.Servers, (_, lease) => Bounds.ServerBack(lease), EveryoneCutAsync),
        new("leader's line half-open, the server forgot it", Fault.Servers, (_, lease) => Bounds.OneLease(lease), NodeHalfOpenAsync),
        new("leader's line half-open, the leader forgot it", Fault.Servers, (_, lease) => Bounds.OneLease(lease), ServerHalfOpenAsync),
        new("server slower than the renew period", Fault.Servers, (_, lease) => Bounds.ServerBack(lease), SlowAsync),
        new("reply of an acquire lost", Fault.Servers, (_, lease) => Bounds.OneLease(lease) + lease, AcquireReplyLostAsync) { EndsLeader = true },
    ];

    private static async Task ResetAsync(Strike strike)
    {
        await strike.RandomPhaseAsync();
        var at = RunClock.Now;
        // PostgreSQL notices a moment before its client does; Redis keeps the seat.
        if (strike.Cluster.Ground.Store == "postgres")
            strike.Cluster.Recording.AllowOverlap(at, at + strike.Lease, Bounds.SessionEnded);
        strike.Leader.Line.Cut();
        await strike.SomebodyAsync(at + TimeSpan.FromMilliseconds(50));
    }

    private static async Task LeaderCutAsync(Strike strike)
    {
        await strike.RandomPhaseAsync();
        var at = RunClock.Now;
        strike.Leader.Line.BlackHole();
        await strike.NextTermAsync(at);
        if (at + strike.Lease * 3 - RunClock.Now is { Ticks: > 0 } left)
            await Strike.WaitAsync(left);
        strike.NobodyLongerThanTrust(at);
        strike.Leader.Line.Heal();
    }

    private static async Task FollowersCutAsync(Strike strike)
    {
        foreach (var follower in strike.Followers)
            follower.Line.BlackHole();
        await Strike.WaitAsync(strike.Lease * 3);
        await strike.SameTermAsync();
        foreach (var follower in strike.Followers)
            follower.Line.Heal();
        await strike.Cluster.SettledAsync();
        await strike.SameTermAsync();
    }

    private static async Task EveryoneCutAsync(Strike strike)
    {
        await strike.RandomPhaseAsync();
        var at = RunClock.Now;
        foreach (var node in strike.Cluster.Nodes)
            node.Line.BlackHole();
        await Strike.WaitAsync(strike.Lease * 3);
        strike.NobodyLongerThanTrust(at);
        var healed = RunClock.Now;
        foreach (var node in strike.Cluster.Nodes)
            node.Line.Heal();
        await strike.NextTermAsync(healed);
    }

    private static async Task NodeHalfOpenAsync(Strike strike)
    {
        await strike.RandomPhaseAsync();
        var at = RunClock.Now;
        // PostgreSQL is told that its session has ended, and the leader is not: the store breaks its word.
        if (strike.Cluster.Ground.Store == "postgres")
            strike.Cluster.Recording.AllowOverlap(at, at + strike.Lease, strike.Trust);
        strike.Leader.Line.LeaveNodeHalfOpen();
        await strike.SomebodyAsync(at + strike.Trust);
    }

    private static async Task ServerHalfOpenAsync(Strike strike)
    {
        await strike.RandomPhaseAsync();
        var at = RunClock.Now;
        strike.Leader.Line.LeaveServerHalfOpen();
        await strike.SomebodyAsync(at + TimeSpan.FromMilliseconds(50));
    }

    private static async Task SlowAsync(Strike strike)
    {
        var delay = strike.Lease / 4;
        foreach (var node in strike.Cluster.Nodes)
            (node.Line.ToServer.Delay, node.Line.ToNode.Delay) = (delay, delay);
        var at = RunClock.Now;
        await Strike.WaitAsync(strike.Lease * 4);
        strike.NobodyLongerThanTrust(at);
        var healed = RunClock.Now;
        foreach (var node in strike.Cluster.Nodes)
            node.Line.Heal();
        await strike.SomebodyAsync(healed);
    }

    /// <summary>A follower that hears nothing any more is granted the seat of a dead leader, and its line breaks before it is told.</summary>
    private static async Task AcquireReplyLostAsync(Strike strike)
    {
        var deaf = strike.Followers[strike.Random.Next(strike.Followers.Count)];
        foreach (var other in strike.Followers.Where(f => f != deaf))
            other.Process.Kill();
        if (strike.Cluster.Ground is RedisGround redis)
        {
            // Deaf only for the answer itself: it asks when the end that it was told has come. What it holds then is an
            // orphan, which only its own candidate knows how to reclaim.
            strike.Leader.Process.Kill();
            await redis.UntilSeatEndsSoonAsync(strike.Lease * 2);
            deaf.Line.ToNode.Lose();
            // A node whose client loses another answer first may connect anew, in vain, and never ask.
            if (!await redis.GetsSeatAsync(deaf.NodeId, strike.Lease * 3))
            {
                strike.Miss($"{deaf.Label} did not get the seat while it was deaf, so no reply was lost");
                return;
            }
        }
        else
        {
            // The server grants it the lock while it hears nothing, and takes it back by itself.
            deaf.Line.ToNode.Lose();
            strike.Leader.Process.Kill();
            await Strike.WaitAsync(Bounds.OneLease(strike.Lease) + strike.Lease / 2);
        }

        var healed = RunClock.Now;
        deaf.Line.Heal();
        await strike.NextTermAsync(healed);
    }
}
