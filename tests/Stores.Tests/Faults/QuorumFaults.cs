using AspireElection.Faults.Harness;

namespace AspireElection.Faults;

/// <summary>What peers suffer that elect among themselves.</summary>
internal static class QuorumFaults
{
    private static readonly TimeSpan Told = TimeSpan.FromMilliseconds(50);

    public static IEnumerable<Fault> All =>
    [
        new("leader cut off from its peers", ["quorum"], (_, lease) => Bounds.OneLease(lease), LeaderCutAsync),
        new("follower cut off from its peers", ["quorum"], (_, lease) => Bounds.OneLease(lease), FollowerCutAsync),
        new("leader pauses its renewals", ["quorum"], (_, lease) => Bounds.OneLease(lease), PausedAsync),
        new("majority killed and started again", ["quorum"], (_, lease) => Bounds.ServerBack(lease), MajorityKilledAsync),
        new("all peers killed and started again", ["quorum"], (_, lease) => Bounds.ServerBack(lease), AllKilledAsync) { EndsLeader = true },
    ];

    private static async Task LeaderCutAsync(Strike strike)
    {
        await strike.RandomPhaseAsync();
        var at = RunClock.Now;
        await Drill(strike.Leader, "cut", strike.Lease * 3);
        await strike.NextTermAsync(at);
        if (at + strike.Lease * 3 - RunClock.Now is { Ticks: > 0 } left)
            await Strike.WaitAsync(left);
    }

    private static async Task FollowerCutAsync(Strike strike)
    {
        await Drill(strike.Followers[0], "cut", strike.Lease * 3);
        await Strike.WaitAsync(strike.Lease * 3);
        await strike.SameTermAsync();
    }

    private static async Task PausedAsync(Strike strike)
    {
        await strike.RandomPhaseAsync();
        var at = RunClock.Now;
        await Drill(strike.Leader, "pause", strike.Lease * 3);
        await strike.NextTermAsync(at);
    }

    private static async Task MajorityKilledAsync(Strike strike)
    {
        foreach (var follower in strike.Followers)
            follower.Process.Kill();
        var at = RunClock.Now;
        await Strike.WaitAsync(strike.Lease * 3);
        strike.NobodyLongerThanTrust(at + Told);
        foreach (var follower in strike.Followers)
            await follower.Process.EndAsync();
        var back = RunClock.Now;
        await Task.WhenAll(strike.Followers.Select(f => f.StartAsync()));
        await strike.NextTermAsync(back);
    }

    /// <summary>What they stored makes the terms go on growing.</summary>
    private static async Task AllKilledAsync(Strike strike)
    {
        await strike.RandomPhaseAsync();
        foreach (var node in strike.Cluster.Nodes)
            node.Process.Kill();
        foreach (var node in strike.Cluster.Nodes)
            await node.Process.EndAsync();
        var back = RunClock.Now;
        await Task.WhenAll(strike.Cluster.Nodes.Select(n => n.StartAsync()));
        await strike.NextTermAsync(back);
    }

    private static Task<int> Drill(Node node, string drill, TimeSpan time) =>
        node.Process.PostAsync($"/election/{Ground.Election}/{drill}?for={time.TotalMilliseconds}ms");
}
