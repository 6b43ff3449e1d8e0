using AspireElection.Faults.Harness;

namespace AspireElection.Faults;

/// <summary>Several processes under one node id: a copied configuration, or a node that is started again before the last one is gone.</summary>
[Collection(FaultTestsAlone.Name)]
public sealed class TwinTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);

    [Fact]
    public Task Never_both_lead_on_redis() => RunAsync("redis");

    [Theory, Trait("Run", "all")]
    [InlineData("postgres")]
    [InlineData("etcd")]
    [InlineData("file")]
    public Task Never_both_lead(string store) => RunAsync(store);

    private static async Task RunAsync(string store)
    {
        await using var cluster = await Cluster.StartAsync(store, Lease, nodes: 3, sameId: true);
        for (var round = 0; round < 3; round++)
        {
            var strike = await Strike.BeginAsync(cluster, FaultTable.Find("leader killed"), new Random(round), again: true);
            var killed = strike.Leader.Process.Kill();
            // At once: the seat is still that of the same node id, in an earlier life.
            await strike.Leader.StartAsync();
            var next = await strike.NextTermAsync(killed);
            Assert.True(next.Term > strike.Term);
        }

        // A frozen one wakes up to a seat that its own name holds.
        var frozen = await Strike.BeginAsync(cluster, FaultTable.Find("leader frozen for three leases"), new Random(0));
        await frozen.RunToRestAsync();
        await cluster.CheckJobsAsync();
        Assert.True(cluster.Recording.Complaints() is [], string.Join('\n', cluster.Recording.Complaints()));
    }
}
