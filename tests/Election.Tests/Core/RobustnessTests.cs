using AspireElection.Stores.InProcess;
using AspireElection.Tests.Simulation;
using AspireElection.Timing;

namespace AspireElection.Tests.Core;

/// <summary>What a user's code does wrong, and what others do at the wrong time, must not break the election.</summary>
public sealed class RobustnessTests
{
    [Fact]
    public void Work_that_throws_before_its_first_await_does_not_have_the_seat_released_under_other_work() => SimulatedWorld.Run(async world =>
    {
        var running = false;
        var (leader, way) = await new Nodes(world).LeaderAsync("node-1", o =>
        {
            o.DrainLimit = TimeSpan.FromSeconds(30);
            o.WhileLeading.Add(async held =>
            {
                running = true;
                await Cancelled(held.Resigning);
                await world.PassAsync(TimeSpan.FromSeconds(5));
                running = false;
            });
            o.WhileLeading.Add(_ => throw new InvalidOperationException("broken work"));
        });
        await world.PassAsync(TimeSpan.FromSeconds(1));
        way.OnRelease = () => Assert.False(running, "released while work ran");
        Assert.True(running);
        Assert.True(await leader.ResignAsync());
        await leader.StopAsync();
    });

    [Fact]
    public void A_node_whose_address_throws_stands_again_later() => SimulatedWorld.Run(async world =>
    {
        var broken = false;
        var (node, _) = new Nodes(world).New("node-1", o => o.Address = () =>
            broken ? throw new InvalidOperationException("no address yet") : "http://127.0.0.1:1");
        await node.StartAsync();
        await world.UntilAsync(() => node.IsLeader, TimeSpan.FromSeconds(1), "it leads");
        broken = true;
        await node.ResignAsync();
        await world.PassAsync(Nodes.Lease * 3);
        broken = false;
        await world.UntilAsync(() => node.IsLeader, Nodes.Lease * 3, "it leads again");
        await node.StopAsync();
    });

    [Fact]
    public void Waiting_for_old_work_is_no_standstill() => SimulatedWorld.Run(async world =>
    {
        var (leader, way) = await new Nodes(world).LeaderAsync("node-1", o =>
        {
            o.DrainLimit = TimeSpan.FromMinutes(2);
            o.WhileLeading.Add(_ => world.PassAsync(TimeSpan.FromMinutes(2)));
        });
        way.OnRenew = (_, _) => new ValueTask<RenewAnswer>(RenewAnswer.Lost);
        await world.UntilAsync(() => !leader.IsLeader, Nodes.Lease, "it loses the seat");
        for (var second = 0; second < 90; second++)
        {
            Assert.True(leader.LoopSilence < Nodes.Lease * 2, $"silent for {leader.LoopSilence}");
            await world.PassAsync(TimeSpan.FromSeconds(1));
        }

        way.OnRenew = null;
        await leader.StopAsync();
    });

    [Fact]
    public async Task A_callback_that_waits_for_the_stop_does_not_hang_it()
    {
        await using var store = new InProcessStore(BootClock.Instance);
        Candidate? candidate = null;
        var options = new ElectionOptions { NodeId = "node-1", LeaseDuration = TimeSpan.FromSeconds(2) };
        options.Callbacks.LostLeadership = (_, _) => candidate!.StopAsync().Wait(TimeSpan.FromSeconds(20));
        candidate = new Candidate("jobs", store, options);
        await candidate.CampaignAsync();
        await candidate.StopAsync().WaitAsync(TimeSpan.FromSeconds(10));
    }

    private static Task Cancelled(CancellationToken token)
    {
        var source = new TaskCompletionSource();
        token.Register(() => source.TrySetResult());
        return source.Task;
    }
}
