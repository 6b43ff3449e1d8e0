using AspireElection.Tests.Simulation;
using AspireElection.Timing;

namespace AspireElection.Tests.Core;

/// <summary>Thousands of waits on one timer: each ends at its own time, or when it is told to.</summary>
public sealed class WakeTests
{
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(1);

    [Fact]
    public void Each_of_a_thousand_waits_ends_at_its_time_and_those_that_are_woken_at_once() => SimulatedWorld.Run(async world =>
    {
        var random = new Random(7);
        var waits = Enumerable.Range(0, 1000).Select(_ => (Wake: new Wake(world.Clock, Slice), Due: world.Clock.Now + random.Next(1, 50_000) * TimeSpan.TicksPerMillisecond)).ToList();
        var ended = waits.Select(w => EndAsync(w.Wake, w.Due)).ToList();
        await world.PassAsync(TimeSpan.FromSeconds(10));
        var woken = waits.Where((w, i) => i % 3 == 0 && w.Due > world.Clock.Now).ToList();
        var at = world.Clock.Now;
        foreach (var (wake, _) in woken.OrderBy(_ => random.Next()))
            wake.Set();
        for (var i = 0; i < waits.Count; i++)
        {
            var (set, end) = await ended[i];
            Assert.Equal(woken.Contains(waits[i]), set);
            Assert.Equal(set ? at : waits[i].Due, end);
        }

        async Task<(bool Set, long At)> EndAsync(Wake wake, long due) => (await wake.WaitUntilAsync(due), world.Clock.Now);
    });

    [Fact]
    public void A_wait_ends_within_a_slice_of_its_time_although_the_timers_stood_still() => SimulatedWorld.Run(async world =>
    {
        var wake = new Wake(world.Clock, Slice);
        var due = world.Clock.Now + TimeSpan.FromSeconds(60).Ticks;
        var waiting = EndAsync();
        await world.PassAsync(TimeSpan.FromSeconds(1.5));
        // A suspend: the clock goes on, the timers do not.
        world.Clock.Skip(TimeSpan.FromSeconds(120));
        var woke = world.Clock.Now;
        Assert.False(await waiting);
        Assert.InRange(world.Clock.Now - woke, 0, Slice.Ticks);

        async Task<bool> EndAsync() => await wake.WaitUntilAsync(due);
    });

    [Fact]
    public void A_wake_that_was_set_ends_the_next_wait_once() => SimulatedWorld.Run(async world =>
    {
        var wake = new Wake(world.Clock, Slice);
        wake.Set();
        var due = world.Clock.Now + Slice.Ticks * 3;
        Assert.True(await wake.WaitUntilAsync(due));
        Assert.False(await wake.WaitUntilAsync(due));
        Assert.Equal(due, world.Clock.Now);
    });

    [Fact]
    public void The_wall_clock_is_watched_for_everybody_at_once_and_told_once() => SimulatedWorld.Run(async world =>
    {
        var watcher = new Watcher();
        var walls = Ticker.Of(world.Clock).Walls;
        walls.Add(watcher);
        await new Wake(world.Clock, Slice).WaitUntilAsync(world.Clock.Now + Slice.Ticks * 5);
        watcher.Told.Clear();
        var before = walls.Lead;
        world.Clock.WallOffset = TimeSpan.FromMinutes(-3);
        await new Wake(world.Clock, Slice).WaitUntilAsync(world.Clock.Now + Slice.Ticks * 5);
        Assert.Equal(TimeSpan.FromMinutes(-3), Assert.Single(watcher.Told) - before);
        walls.Remove(watcher);
        world.Clock.WallOffset = default;
        await new Wake(world.Clock, Slice).WaitUntilAsync(world.Clock.Now + Slice.Ticks * 5);
        Assert.Single(watcher.Told);
    });

    private sealed class Watcher : IWallWatcher
    {
        public List<TimeSpan> Told { get; } = [];

        public void WallsParted(TimeSpan lead) => Told.Add(lead);
    }
}
