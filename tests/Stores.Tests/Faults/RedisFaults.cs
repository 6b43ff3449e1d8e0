using AspireElection.Faults.Harness;

namespace AspireElection.Faults;

/// <summary>What only Redis can suffer. It breaks its word in these: data are lost, or a primary is none any more.</summary>
internal static class RedisFaults
{
    public static IEnumerable<Fault> All =>
    [
        new("Redis wiped", ["redis"], (_, lease) => Bounds.OneLease(lease), WipedAsync) { Wipes = true },
        new("Redis restarted empty", ["redis"], (_, lease) => Bounds.ServerBack(lease), RestartedEmptyAsync) { Wipes = true },
        new("Redis made a replica and a primary again", ["redis"], (_, lease) => Bounds.ServerBack(lease), ReplicaAsync),
    ];

    private static async Task WipedAsync(Strike strike)
    {
        await strike.RandomPhaseAsync();
        var at = RunClock.Now;
        await ((RedisGround)strike.Cluster.Ground).Admin.ExecuteAsync("FLUSHALL");
        await strike.NextTermAsync(at);
    }

    private static async Task RestartedEmptyAsync(Strike strike)
    {
        await strike.Server.RestartAsync(keepData: false);
        await strike.NextTermAsync(RunClock.Now);
    }

    /// <summary>A replica whose primary is not there keeps its data and takes no writes.</summary>
    private static async Task ReplicaAsync(Strike strike)
    {
        var admin = ((RedisGround)strike.Cluster.Ground).Admin;
        await strike.RandomPhaseAsync();
        var at = RunClock.Now;
        await admin.ExecuteAsync("REPLICAOF", "127.0.0.1", "1");
        await Strike.WaitAsync(strike.Lease * 2);
        strike.NobodyLongerThanTrust(at + TimeSpan.FromMilliseconds(50));
        var back = RunClock.Now;
        await admin.ExecuteAsync("REPLICAOF", "NO", "ONE");
        await strike.NextTermAsync(back);
    }
}
