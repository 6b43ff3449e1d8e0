namespace AspireElection.Topology.Tests;

/// <summary>What Aspire's resource page shows of the election, and may do to it.</summary>
public sealed class WorkerCommandTests
{
    [Fact]
    public async Task Resign_moves_the_seat_from_the_very_replica_and_both_show_their_new_role()
    {
        await using var topology = await RunningTopology.StartAsync("--store", "file");
        var before = await topology.AgreeAsync(replicas: 3);
        var leader = before.Single(v => v.IsLeader);
        var follower = before.First(v => !v.IsLeader);
        await ShowsAsync(topology, leader, "leader", leader.Term);
        await ShowsAsync(topology, follower, "follower", leader.Term);

        var refused = await RunAsync(topology, follower, "pause-renewals");
        Assert.False(refused.Success);
        Assert.Equal($"{follower.NodeId} does not lead", refused.Message);
        var resigned = await RunAsync(topology, leader, "resign");
        Assert.True(resigned.Success, resigned.Message);

        var after = await topology.AgreeAsync(replicas: 3, afterTerm: leader.Term);
        var successor = after.Single(v => v.IsLeader);
        Assert.NotEqual(leader.InstanceId, successor.InstanceId);
        var shown = await ShowsAsync(topology, leader, "follower", successor.Term);
        await ShowsAsync(topology, successor, "leader", successor.Term);
        Assert.Single(shown.Snapshot.Properties, p => p.Name == "election.role");
    }

    private static Task<ExecuteCommandResult> RunAsync(RunningTopology topology, ElectionView replica, string command) =>
        topology.Application.ResourceCommands.ExecuteCommandAsync(RunningTopology.ResourceIdOf(replica), command);

    private static Task<ResourceEvent> ShowsAsync(RunningTopology topology, ElectionView replica, string role, long term) =>
        topology.Application.ResourceNotifications.WaitForResourceAsync(
            // By the name of them all: Aspire knows no replica by its id here.
            "worker",
            e => e.ResourceId == RunningTopology.ResourceIdOf(replica) && ValueOf(e, "election.role") == role && ValueOf(e, "election.term") == $"{term}").WaitAsync(TimeSpan.FromSeconds(30));

    private static string? ValueOf(ResourceEvent change, string property) =>
        change.Snapshot.Properties.FirstOrDefault(p => p.Name == property)?.Value as string;
}
