using AspireElection.Tests.Simulation;
using AspireElection.Timing;

namespace AspireElection.Tests.Core;

/// <summary>What a node answers at one moment fits together, whatever others last said.</summary>
public sealed class SnapshotTests
{
    [Fact]
    public void One_member_leads_at_most_and_it_is_who_is_named_as_leader() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (dying, way) = await nodes.LeaderAsync("node-1");
        var (follower, _) = nodes.New("node-2");
        var (watcher, _) = nodes.New("node-3", o => o.Observer = true);
        Candidate[] all = [dying, follower, watcher];
        await follower.StartAsync();
        await watcher.StartAsync();
        await world.PassAsync(Nodes.Lease * 2);
        way.Away = new StoreUnavailableException("cut off: it can tell nobody that it leads no more");
        var led = false;
        for (var left = Nodes.Lease * 4; left > TimeSpan.Zero; left -= TimeSpan.FromMilliseconds(10))
        {
            foreach (var node in all)
                FitsTogether(node);
            led |= follower.IsLeader && follower.Members.Any(m => m.Id == dying.Id && m.Role == Role.Leader);
            await world.PassAsync(TimeSpan.FromMilliseconds(10));
        }

        Assert.True(led, "the follower led, and the old leader had last said that it does");
        way.Away = null;
        foreach (var node in all)
            await node.StopAsync();
    });

    [Fact]
    public void A_seat_that_was_granted_and_not_yet_begun_is_neither_a_leader_to_follow_nor_a_term() => SimulatedWorld.Run(async world =>
    {
        var (node, way) = new Nodes(world).New("node-1");
        way.OnAcquire = async acquire =>
        {
            var grant = await acquire();
            await world.PassAsync(TimeSpan.FromMilliseconds(50));
            return grant;
        };
        await node.StartAsync();
        await world.PassAsync(TimeSpan.FromMilliseconds(20));
        Assert.Equal(1, node.Snapshot().Transitions);
        IsNobodysFollower(node);
        Assert.Equal(0, node.Snapshot().Term);
        await world.UntilAsync(() => node.IsLeader, TimeSpan.FromSeconds(1), "it leads");
        Assert.Equal(node.Leadership!.Token, node.Snapshot().Term);
        await node.StopAsync();
    });

    [Fact]
    public void A_leader_whose_trust_has_ended_and_who_was_not_told_yet_does_not_follow_itself() => SimulatedWorld.Run(async world =>
    {
        var way = new InterceptedStore(new Nodes(world).Store);
        var options = new ElectionOptions { NodeId = "node-1", LeaseDuration = Nodes.Lease };
        var node = new Candidate(Nodes.Election, way, options, null, world.Clock, new NobodyWatches(world.Threads), new Random(7));
        var held = await node.CampaignAsync();
        await world.PassAsync(TimeSpan.FromSeconds(1));
        way.OnRenew = (_, _) => throw new StoreUnavailableException("no renewals");
        await world.UntilAsync(() => !held.IsTrusted, Nodes.Lease * 2, "trust ends");
        Assert.Null(held.EndedBecause);
        IsNobodysFollower(node);
        Assert.Equal(held.Token, node.Snapshot().Term);
        await node.StopAsync();
    });

    private static void IsNobodysFollower(Candidate node)
    {
        var seen = node.Snapshot();
        Assert.Equal((false, Role.Candidate, null), (seen.IsLeader, seen.Role, seen.Leader));
        Assert.Equal((Role.Candidate, null), (node.Role, node.Leader));
        Assert.DoesNotContain(seen.Members, m => m.Role == Role.Leader);
    }

    private static void FitsTogether(Candidate node)
    {
        var seen = node.Snapshot();
        Assert.Equal(seen.IsLeader, seen.Role == Role.Leader);
        Assert.Equal(seen.IsLeader, seen.Leader?.NodeId == seen.Id.NodeId);
        Assert.All(seen.Members, m => Assert.Equal(m.Role == Role.Leader, m.Id.NodeId == seen.Leader?.NodeId));
        Assert.All(seen.Members.Where(m => m.Id == seen.Id), own => Assert.Equal((seen.Role, seen.Term), (own.Role, own.Term)));
        Assert.All(seen.Members.Where(m => m.Role == Role.Leader), one => Assert.Equal(seen.Leader!.Term, one.Term));
    }

    /// <summary>The moment before the deadline thread runs, held.</summary>
    private sealed class NobodyWatches(ElectionThreads threads) : ElectionThreads
    {
        public override void WatchDeadline(IDeadline deadline, TimeSpan slice)
        {
            // It is late.
        }

        public override void Cancel(CancellationTokenSource source) => threads.Cancel(source);

        public override ValueTask OffTheCallerAsync() => threads.OffTheCallerAsync();

        public override Task Start(Func<Task> work) => threads.Start(work);
    }
}
