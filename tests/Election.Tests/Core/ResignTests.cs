using AspireElection.Tests.Simulation;

namespace AspireElection.Tests.Core;

/// <summary>The orderly end of a leadership: told, drained, and only then released.</summary>
public sealed class ResignTests
{
    [Fact]
    public void Work_drains_while_renewals_go_on_and_the_seat_is_released_after_it() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var drained = false;
        var releasedAfterDrain = false;
        var (leader, way) = await nodes.LeaderAsync("node-1", o =>
        {
            o.DrainLimit = TimeSpan.FromSeconds(30);
            o.WhileLeading.Add(async held =>
            {
                await Cancelled(held.Resigning);
                await world.PassAsync(TimeSpan.FromSeconds(20));
                Assert.True(held.IsTrusted, "still the leader at the end of a drain longer than its lease");
                drained = true;
            });
        });
        way.OnRelease = () =>
        {
            releasedAfterDrain = drained;
            Assert.False(leader.IsLeader, "believing ends before the seat is free");
        };
        var before = way.Renewals;
        Assert.True(await leader.ResignAsync());
        Assert.True(releasedAfterDrain);
        Assert.True(way.Renewals > before + 4);
        await leader.StopAsync();
    });

    [Fact]
    public void A_drain_is_cut_at_its_limit() => SimulatedWorld.Run(async world =>
    {
        var cutAt = 0L;
        var (leader, _) = await new Nodes(world).LeaderAsync("node-1", o =>
        {
            o.DrainLimit = TimeSpan.FromSeconds(4);
            o.WhileLeading.Add(async held =>
            {
                await Cancelled(held.Lost);
                cutAt = world.Clock.Now;
            });
        });
        var toldAt = world.Clock.Now;
        await leader.ResignAsync();
        Assert.Equal(TimeSpan.FromSeconds(4), TimeSpan.FromTicks(cutAt - toldAt));
        await leader.StopAsync();
    });

    [Fact]
    public void A_successor_leads_without_waiting_for_the_lease_and_never_beside_the_old_leader() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (first, _) = await nodes.LeaderAsync("node-1");
        var (second, _) = nodes.New("node-2");
        await second.StartAsync();
        await world.PassAsync(TimeSpan.FromSeconds(1));
        var old = first.Leadership!.Token;
        var resigning = first.ResignAsync();
        var end = world.Clock.Now + TimeSpan.FromMilliseconds(100).Ticks;
        while (world.Clock.Now < end && !second.IsLeader)
        {
            Assert.False(first.IsLeader && second.IsLeader);
            await world.PassAsync(TimeSpan.FromMilliseconds(1));
        }

        Assert.True(await resigning);
        Assert.True(second.Leadership!.Token > old);
        await second.StopAsync();
        await first.StopAsync();
    });

    [Fact]
    public void Who_resigned_does_not_stand_for_one_lease_while_others_do() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (first, _) = await nodes.LeaderAsync("node-1");
        var (second, _) = nodes.New("node-2");
        var (third, _) = nodes.New("node-3");
        await second.StartAsync();
        await third.StartAsync();
        await world.PassAsync(TimeSpan.FromSeconds(25));
        await first.ResignAsync();
        await world.UntilAsync(() => second.IsLeader, TimeSpan.FromSeconds(1), "the second leads");
        var resignedAt = world.Clock.Now;
        await world.PassAsync(TimeSpan.FromSeconds(1));
        await second.StopAsync();
        await world.UntilAsync(() => third.IsLeader, TimeSpan.FromSeconds(1), "the third leads, although the first would be before it in line");

        await third.StopAsync();
        await world.UntilAsync(() => first.IsLeader, TimeSpan.FromSeconds(4), "nobody else takes the seat, so the first stands again");
        Assert.True(world.Clock.Now - resignedAt < Nodes.Lease.Ticks, "within the lease");
        await first.StopAsync();
    });

    [Fact]
    public void Two_that_were_both_resigned_do_not_leave_the_seat_empty_for_a_lease() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (first, _) = await nodes.LeaderAsync("node-1");
        var (second, _) = nodes.New("node-2");
        await second.StartAsync();
        await world.PassAsync(TimeSpan.FromSeconds(25));
        await first.ResignAsync();
        await world.UntilAsync(() => second.IsLeader, TimeSpan.FromSeconds(1), "the second leads");
        await second.ResignAsync();
        await world.UntilAsync(() => first.IsLeader || second.IsLeader, TimeSpan.FromSeconds(4), "one of both leads again");
        await first.StopAsync();
        await second.StopAsync();
    });

    [Fact]
    public void A_resigned_leader_of_higher_priority_is_not_made_way_for_before_it_stands_again() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (better, _) = await nodes.LeaderAsync("node-1", o => o.Priority = 5);
        var leaders = new List<string>();
        var (other, _) = nodes.New("node-2", o => o.Callbacks.NewLeader = leader => leaders.Add(leader.NodeId));
        await other.StartAsync();
        await world.PassAsync(TimeSpan.FromSeconds(25));
        await better.ResignAsync();
        await world.UntilAsync(() => other.IsLeader, TimeSpan.FromSeconds(1), "the other one leads");
        var term = other.Leadership!.Token;
        await world.PassAsync(Nodes.Lease - TimeSpan.FromMilliseconds(100));
        Assert.Equal(term, other.Leadership?.Token);
        await world.UntilAsync(() => better.IsLeader, TimeSpan.FromMinutes(1), "the better one leads again");
        Assert.Equal(["node-1", "node-2", "node-1"], leaders);
        await better.StopAsync();
        await other.StopAsync();
    });

    [Fact]
    public void Who_is_alone_stands_again_at_once() => SimulatedWorld.Run(async world =>
    {
        var (only, _) = await new Nodes(world).LeaderAsync("node-1");
        var term = only.Leadership!.Token;
        await only.ResignAsync();
        await world.UntilAsync(() => only.IsLeader, TimeSpan.FromSeconds(1), "it leads again");
        Assert.True(only.Leadership!.Token > term);
        await only.StopAsync();
    });

    [Fact]
    public void A_strictly_higher_priority_is_handed_the_seat_and_a_tie_is_not() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        LossReason? reason = null;
        var (first, _) = await nodes.LeaderAsync("node-2", o =>
        {
            o.Priority = 5;
            o.Callbacks.LostLeadership = (_, why) => reason = why;
        });
        var (tie, _) = nodes.New("node-1", o => o.Priority = 5);
        await tie.StartAsync();
        await world.PassAsync(TimeSpan.FromMinutes(2));
        Assert.True(first.IsLeader);
        var (better, _) = nodes.New("node-9", o => o.Priority = 6);
        await better.StartAsync();
        await world.UntilAsync(() => better.IsLeader, TimeSpan.FromMinutes(1), "the better one leads");
        Assert.Equal(LossReason.Preempted, reason);
        await world.PassAsync(TimeSpan.FromMinutes(2));
        Assert.True(better.IsLeader, "no flapping");
        foreach (var node in new[] { better, tie, first })
            await node.StopAsync();
    });

    [Fact]
    public void Stopping_resigns_and_leaves_the_members() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        LossReason? reason = null;
        var (first, _) = await nodes.LeaderAsync("node-1", o => o.Callbacks.LostLeadership = (_, why) => reason = why);
        var (second, _) = nodes.New("node-2");
        await second.StartAsync();
        await world.PassAsync(TimeSpan.FromSeconds(1));
        await first.StopAsync();
        Assert.Equal(LossReason.Stopped, reason);
        Assert.Equal(Role.Stopped, first.Role);
        Assert.Equal(["node-2"], (await nodes.Store.ListAsync(Nodes.Election, default)).Select(m => m.Id.NodeId));
        await world.UntilAsync(() => second.IsLeader, TimeSpan.FromMilliseconds(100), "the second leads");
        await second.StopAsync();
    });

    [Fact]
    public void The_next_campaign_waits_for_work_that_is_slow_to_end() => SimulatedWorld.Run(async world =>
    {
        var running = 0;
        var (leader, way) = await new Nodes(world).LeaderAsync("node-1", o => o.WhileLeading.Add(async held =>
        {
            Assert.Equal(1, ++running);
            await Cancelled(held.Lost);
            await world.PassAsync(TimeSpan.FromSeconds(2));
            running--;
        }));
        way.OnRenew = (_, _) =>
        {
            way.OnRenew = null;
            return new ValueTask<RenewAnswer>(RenewAnswer.Lost);
        };
        await world.UntilAsync(() => !leader.IsLeader, Nodes.Lease, "it loses the seat");
        await world.UntilAsync(() => leader.IsLeader, Nodes.Lease * 3, "it leads again");
        Assert.Equal(1, running);
        await leader.StopAsync();
    });

    private static Task Cancelled(CancellationToken token)
    {
        var source = new TaskCompletionSource();
        token.Register(() => source.TrySetResult());
        return source.Task;
    }
}
