using AspireElection.Stores.InProcess;
using AspireElection.Tests.Simulation;
using AspireElection.Timing;
using Microsoft.Extensions.Logging;

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
        var releasedUnderWork = false;
        way.OnRelease = () => releasedUnderWork = running;
        Assert.True(running);
        Assert.True(await leader.ResignAsync());
        Assert.False(releasedUnderWork);
        await leader.StopAsync();
    });

    [Fact]
    public void A_node_whose_address_throws_at_the_grant_stands_again_later() => SimulatedWorld.Run(async world =>
    {
        var broken = false;
        var (node, way) = new Nodes(world).New("node-1", o => o.Address = () =>
            broken ? throw new InvalidOperationException("no address") : "http://127.0.0.1:1");
        way.OnAcquire = async acquire =>
        {
            var grant = await acquire();
            way.OnAcquire = null;
            broken = true;
            return grant;
        };
        await node.StartAsync();
        await world.UntilAsync(() => broken, TimeSpan.FromSeconds(1), "it is granted the seat");
        await world.PassAsync(TimeSpan.FromSeconds(1));
        Assert.False(node.IsLeader);
        broken = false;
        await world.UntilAsync(() => node.IsLeader, Nodes.Lease * 3, "it leads");
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
    public async Task A_callback_that_blocks_does_not_hang_the_stop()
    {
        await using var store = new InProcessStore(BootClock.Instance);
        using var free = new ManualResetEventSlim();
        var options = new ElectionOptions { NodeId = "node-1", LeaseDuration = TimeSpan.FromSeconds(2) };
        options.Callbacks.LostLeadership = (_, _) => free.Wait(TimeSpan.FromSeconds(30));
        var candidate = new Candidate("jobs", store, options);
        await candidate.CampaignAsync();
        try
        {
            await candidate.StopAsync().WaitAsync(TimeSpan.FromSeconds(10));
        }
        finally
        {
            free.Set();
        }
    }

    [Fact]
    public void A_store_that_ignores_its_token_does_not_hang_the_stop() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (leader, _) = await nodes.LeaderAsync("node-1");
        var (waiter, way) = nodes.New("node-2");
        way.OnAcquire = _ => new ValueTask<Grant>(new TaskCompletionSource<Grant>().Task);
        await waiter.StartAsync();
        await world.PassAsync(TimeSpan.FromSeconds(1));
        var before = world.Clock.Now;
        await waiter.StopAsync();
        Assert.True(world.Clock.Now - before <= Nodes.Lease.Ticks, "within a lease");
        await leader.StopAsync();
    });

    [Fact]
    public void A_log_that_throws_ends_neither_heartbeats_nor_observing_nor_the_stop() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (leader, _) = await nodes.LeaderAsync("node-1");
        var way = new InterceptedStore(nodes.Store);
        var options = new ElectionOptions { NodeId = "node-2", LeaseDuration = Nodes.Lease };
        var node = new Candidate(Nodes.Election, way, options, new FullDisk(), world.Clock, world.Threads, new Random(1));
        way.Away = new StoreUnavailableException("away");
        await node.StartAsync();
        await world.PassAsync(Nodes.Lease);
        way.Away = null;
        await world.PassAsync(Nodes.Lease * 2);
        Assert.Equal("node-1", node.Leader?.NodeId);
        Assert.Contains(leader.LiveMembers, m => m.Id == node.Id);
        await node.StopAsync();
        Assert.DoesNotContain(await nodes.Store.ListAsync(Nodes.Election, default), m => m.Id == node.Id);
        await leader.StopAsync();
    });

    [Fact]
    public void Who_was_stopped_before_its_start_does_not_start() => SimulatedWorld.Run(async world =>
    {
        var (node, way) = new Nodes(world).New("node-1");
        await node.StopAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(node.StartAsync);
        await Assert.ThrowsAsync<OperationCanceledException>(() => node.CampaignAsync());
        await world.PassAsync(Nodes.Lease);
        Assert.Null(way.Candidacy);
        Assert.Equal(Role.Stopped, node.Role);
    });

    private sealed class FullDisk : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new IOException("No space left on device");
    }

    private static Task Cancelled(CancellationToken token)
    {
        var source = new TaskCompletionSource();
        token.Register(() => source.TrySetResult());
        return source.Task;
    }
}
