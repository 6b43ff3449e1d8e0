namespace AspireElection.Timing;

/// <summary>
/// Where the parts of the core run that must not depend on a free pool thread, and where user code runs. One seam,
/// so that a simulation can run all of it in its own order on one thread.
/// </summary>
internal abstract class ElectionThreads
{
    /// <summary>The threads of this process.</summary>
    public static ElectionThreads OfProcess { get; } = new ProcessThreads(BootClock.Instance);

    /// <summary>
    /// Ends it when the clock has reached the timestamp that it gives at that time; <see cref="long.MinValue"/> takes the
    /// watch away.
    /// </summary>
    public abstract void WatchDeadline(IDeadline deadline, TimeSpan slice);

    /// <summary>Cancels from a thread on which callbacks of users may block without hindering the core.</summary>
    public abstract void Cancel(CancellationTokenSource source);

    /// <summary>To be awaited by a loop of the core that begins: whoever started it goes on.</summary>
    public abstract ValueTask OffTheCallerAsync();

    /// <summary>
    /// What another loop completes, to be waited for with a bound. A simulation follows it first: such a wait ends on the pool.
    /// </summary>
    public virtual Task<T> Follow<T>(Task<T> task) => task;

    /// <inheritdoc cref="Follow{T}"/>
    public virtual Task Follow(Task task) => task;

    /// <summary>Starts work that is not the core's own.</summary>
    public abstract Task Start(Func<Task> work);

    private sealed class ProcessThreads(TimeProvider clock) : ElectionThreads
    {
        private readonly DeadlineThread _deadlines = new(clock);
        private readonly CancellationThreads _cancellations = new();

        public override void WatchDeadline(IDeadline deadline, TimeSpan slice) => _deadlines.Watch(deadline, slice);

        public override void Cancel(CancellationTokenSource source) => _cancellations.Cancel(source);

        public override ValueTask OffTheCallerAsync() => PoolHop.OffTheCaller;

        public override Task Start(Func<Task> work) =>
            Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Default)
                .Unwrap();
    }
}
