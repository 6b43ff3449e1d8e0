using AspireElection.Timing;

namespace AspireElection.Tests.Simulation;

/// <summary>
/// One thread, one clock: everything that awaits goes on in the order in which it became ready, and time moves only
/// when nothing is ready. So a test of a ten second lease takes milliseconds, and does the same each time.
/// </summary>
internal sealed class SimulatedWorld : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _ready = new();

    public SimulatedWorld() => Threads = new InlineThreads(this);

    public SimulatedClock Clock { get; } = new();

    public ElectionThreads Threads { get; }

    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_ready)
            _ready.Enqueue((d, state));
    }

    /// <summary>Runs a test to its end within <paramref name="limit"/> of simulated time.</summary>
    public static void Run(Func<SimulatedWorld, Task> test, TimeSpan? limit = null)
    {
        var before = Current;
        var world = new SimulatedWorld();
        SetSynchronizationContext(world);
        try
        {
            var running = test(world);
            world.RunUntil(() => running.IsCompleted, limit ?? TimeSpan.FromMinutes(10));
            Assert.True(running.IsCompleted, "The test did not end within its simulated time.");
            running.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    /// <summary>Waits in simulated time.</summary>
    public Task PassAsync(TimeSpan duration) => Task.Delay(duration, Clock);

    /// <summary>Waits in simulated time until the condition holds; fails after <paramref name="limit"/>.</summary>
    public async Task UntilAsync(Func<bool> condition, TimeSpan limit, string what)
    {
        var end = Clock.Now + limit.Ticks;
        while (!condition())
        {
            Assert.True(Clock.Now < end, $"Not within {limit}: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(1), Clock);
        }
    }

    private void RunUntil(Func<bool> done, TimeSpan limit)
    {
        while (!done())
        {
            if (TryNext(out var next))
                next.Callback(next.State);
            else if (!Clock.FireNext(limit.Ticks))
                return;
        }
    }

    private bool TryNext(out (SendOrPostCallback Callback, object? State) next)
    {
        lock (_ready)
            return _ready.TryDequeue(out next);
    }

    /// <summary>The core's threads, inline: deadlines are timers that look at the clock again.</summary>
    private sealed class InlineThreads(SimulatedWorld world) : ElectionThreads
    {
        public override void WatchDeadline(IDeadline deadline, TimeSpan slice) => _ = WatchAsync(deadline);

        public override ValueTask OffTheCallerAsync() => default;

        public override void Cancel(CancellationTokenSource source) => world.Post(
            _ =>
            {
                try
                {
                    source.Cancel();
                }
                catch (ObjectDisposedException)
                {
                    // Nobody listens any more.
                }
            },
            null);

        public override Task Start(Func<Task> work) => work();

        private async Task WatchAsync(IDeadline deadline)
        {
            while (deadline.EndDueAt is var until && until != long.MinValue)
            {
                if (world.Clock.Now >= until)
                {
                    deadline.EndOnTime();
                    return;
                }

                await Task.Delay(TimeSpan.FromTicks(until - world.Clock.Now).ForTimer(), world.Clock);
            }
        }
    }
}
