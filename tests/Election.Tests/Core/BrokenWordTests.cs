using AspireElection.Stores.InProcess;
using AspireElection.Tests.Simulation;
using Microsoft.Extensions.Logging;

namespace AspireElection.Tests.Core;

/// <summary>What a leader does when its store has handed the seat to another although its lease has not ended.</summary>
public sealed class BrokenWordTests
{
    [Fact]
    public void With_its_line_up_a_leader_stops_within_50_ms_of_another_term() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        LossReason? reason = null;
        var (first, _) = await nodes.LeaderAsync("node-1", o => o.Callbacks.LostLeadership = (_, why) => reason = why);
        await world.PassAsync(TimeSpan.FromSeconds(1));
        nodes.Wipe();
        // Who knows nothing of the first term takes the seat at once.
        var (second, _) = await nodes.LeaderAsync("node-2");
        await world.PassAsync(TimeSpan.FromMilliseconds(50));
        Assert.False(first.IsLeader, "two lead");
        Assert.True(second.IsLeader);
        Assert.Equal(LossReason.Lost, reason);
        await second.StopAsync();
        await first.StopAsync();
    });

    [Fact]
    public void A_term_that_the_store_took_back_before_its_confirmed_end_is_reported() => SimulatedWorld.Run(async world =>
    {
        var log = new Lines();
        var store = new InProcessStore(world.Clock);
        var options = new ElectionOptions { NodeId = "node-1", LeaseDuration = Nodes.Lease };
        var leader = new Candidate(Nodes.Election, store, options, log, world.Clock, world.Threads, new Random(1));
        await leader.CampaignAsync();
        var term = leader.Leadership!.Token;
        store.Wipe();
        await world.UntilAsync(() => leader.Leadership?.Token != term, Nodes.Lease, "the term is over");
        Assert.Contains(log, l => l.Contains($"took term {term}", StringComparison.Ordinal));
        Assert.Contains(log, l => l.Contains(((IElectionStore)store).Promise, StringComparison.Ordinal));
        await leader.StopAsync();
    });

    [Fact]
    public void A_term_that_ended_in_order_is_not_reported() => SimulatedWorld.Run(async world =>
    {
        var log = new Lines();
        var store = new InProcessStore(world.Clock);
        var options = new ElectionOptions { NodeId = "node-1", LeaseDuration = Nodes.Lease };
        var leader = new Candidate(Nodes.Election, store, options, log, world.Clock, world.Threads, new Random(1));
        await leader.CampaignAsync();
        await leader.ResignAsync();
        world.Clock.Skip(Nodes.Lease * 2);
        await world.PassAsync(Nodes.Lease);
        await leader.StopAsync();
        Assert.DoesNotContain(log, l => l.Contains("took term", StringComparison.Ordinal));
    });

    private sealed class Lines : List<string>, ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Add(formatter(state, exception));
    }
}
