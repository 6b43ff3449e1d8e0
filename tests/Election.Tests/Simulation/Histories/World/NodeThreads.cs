using AspireElection.Timing;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>The threads of the core on the one thread of the world: each step of them is one more thing that is ready.</summary>
internal sealed class NodeThreads(Host host) : ElectionThreads
{
    private readonly Queue<CancellationTokenSource> _cancelling = new();

    /// <summary>Sleeps in slices, as the real thread does, because its timers stand still in a suspend.</summary>
    public override void WatchDeadline(IDeadline deadline, TimeSpan slice)
    {
        ITimer? timer = null;
        timer = host.Clock.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Look();

        void Look()
        {
            var until = deadline.EndDueAt;
            if (until == long.MinValue)
                return;
            var left = host.Clock.Until(until);
            if (left <= TimeSpan.Zero)
                deadline.EndOnTime();
            else
                timer!.Change(left < slice ? left.ForTimer() : slice, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>One after the other, whatever else is ready: it is one thread.</summary>
    public override void Cancel(CancellationTokenSource source)
    {
        _cancelling.Enqueue(source);
        host.Post(static queue => CancelNext((Queue<CancellationTokenSource>)queue!), _cancelling);
    }

    public override async ValueTask OffTheCallerAsync() => await Task.Yield();

    public override async Task<T> Follow<T>(Task<T> task) => await task;

    public override async Task Follow(Task task) => await task;

    public override async Task Start(Func<Task> work)
    {
        await Task.Yield();
        await work();
    }

    private static void CancelNext(Queue<CancellationTokenSource> queue)
    {
        try
        {
            queue.Dequeue().Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Nobody listens any more.
        }
    }
}
