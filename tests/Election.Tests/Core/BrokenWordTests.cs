using AspireElection.Stores.InProcess;
using AspireElection.Tests.Simulation;
using AspireElection.Timing;
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

    // On real threads: in the simulation the end of trust and its telling are one step.
    [Fact]
    public async Task An_expired_seat_is_not_given_back_before_its_end_was_told()
    {
        var bound = TimeSpan.FromSeconds(10);
        using var log = new StuckAtTheEnd(bound);
        await using var kept = new InProcessStore(BootClock.Instance);
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var store = new InterceptedStore(kept)
        {
            OnRenew = (_, _) => throw new TimeoutException(),
            OnRelease = () => released.TrySetResult(),
        };
        var options = new ElectionOptions { NodeId = "node-1", LeaseDuration = TimeSpan.FromMilliseconds(300) };
        await using var leader = new Candidate(Nodes.Election, store, options, log);
        var held = await leader.CampaignAsync().WaitAsync(bound);
        await log.Stuck.WaitAsync(bound);
        Assert.False(held.IsTrusted);
        await Assert.ThrowsAsync<TimeoutException>(() => released.Task.WaitAsync(options.LeaseDuration));
        Assert.False(held.Lost.IsCancellationRequested);
        log.GoOn();
        await released.Task.WaitAsync(bound);
        // It is cancelled on a thread of its own, which may be late.
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var lost = held.Lost.Register(told.SetResult);
        await told.Task.WaitAsync(bound);
    }

    /// <summary>A user's logger that hangs when the end of a leadership is told.</summary>
    private sealed class StuckAtTheEnd(TimeSpan limit) : ILogger, IDisposable
    {
        private readonly ManualResetEventSlim _on = new();
        private readonly TaskCompletionSource _stuck = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Stuck => _stuck.Task;

        public void GoOn() => _on.Set();

        public void Dispose() => _on.Dispose();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name != "LostLeadership")
                return;
            _stuck.TrySetResult();
            _on.Wait(limit);
        }
    }

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
