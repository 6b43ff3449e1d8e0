using System.Text.Json.Nodes;
using AspireElection.Faults.Harness;
using AspireElection.Stores.Etcd;

namespace AspireElection.Faults;

/// <summary>What only etcd can suffer. It breaks its word in these: data are lost, or somebody takes a leader's lease or key away.</summary>
internal static class EtcdFaults
{
    public static IEnumerable<Fault> All =>
    [
        new("etcd restarted empty", ["etcd"], (_, lease) => Bounds.ServerBack(lease), RestartedEmptyAsync) { Wipes = true },
        new("leader's lease revoked", ["etcd"], (_, lease) => Bounds.OneLease(lease), RevokedAsync),
        new("leader's key deleted", ["etcd"], (_, lease) => Bounds.OneLease(lease), DeletedAsync),
    ];

    private static async Task RestartedEmptyAsync(Strike strike)
    {
        await strike.Server.RestartAsync(keepData: false);
        await strike.NextTermAsync(RunClock.Now);
    }

    private static async Task RevokedAsync(Strike strike)
    {
        var ground = (EtcdGround)strike.Cluster.Ground;
        await strike.RandomPhaseAsync();
        var term = await ground.TermAsync();
        var at = RunClock.Now;
        // The next in line is told at the same moment as the leader.
        strike.Cluster.Recording.AllowOverlap(at, at + strike.Lease, Bounds.SessionEnded);
        await ground.Admin.AskAsync("lease/revoke", new JsonObject { ["ID"] = Txn.Text(term!.Lease) }, EtcdCalls.LongestWait, default);
        await strike.NextTermAsync(at);
    }

    private static async Task DeletedAsync(Strike strike)
    {
        var ground = (EtcdGround)strike.Cluster.Ground;
        await strike.RandomPhaseAsync();
        var term = await ground.TermAsync();
        var at = RunClock.Now;
        await ground.Admin.AskAsync("kv/deleterange", Txn.Range(term!.Key), EtcdCalls.LongestWait, default);
        await strike.NextTermAsync(at);
    }
}
