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
    /// Calls <paramref name="due"/> when the clock has reached the timestamp that <paramref name="deadline"/> gives
    /// at that time (it may move); <see cref="long.MinValue"/> takes the watch away.
    /// </summary>
    public abstract void WatchDeadline(Func<long> deadline, TimeSpan slice, Action due);

    /// <summary>Cancels from a thread on which callbacks of users may block without hindering the core.</summary>
    public abstract void Cancel(CancellationTokenSource source);

    /// <summary>Starts work that is not the core's own.</summary>
    public abstract Task Start(Func<Task> work);

    private sealed class ProcessThreads(TimeProvider clock) : ElectionThreads
    {
        private readonly DeadlineThread _deadlines = new(clock);
        private readonly CancellationThreads _cancellations = new();

        public override void WatchDeadline(Func<long> deadline, TimeSpan slice, Action due) =>
            _deadlines.Watch(deadline, slice, due);

        public override void Cancel(CancellationTokenSource source) => _cancellations.Cancel(source);

        public override Task Start(Func<Task> work) =>
            Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Default)
                .Unwrap();
    }
}
