namespace AspireElection.Timing;

/// <summary>Waits with a bound for what may not obey its cancellation token.</summary>
internal static class BoundedWait
{
    /// <summary>
    /// Waits for no longer than <paramref name="bound"/>. Should it fail later, somebody has looked: a host that listens to
    /// <see cref="TaskScheduler.UnobservedTaskException"/> would be told of an outage a second time, and as a mistake of this library's.
    /// </summary>
    /// <exception cref="TimeoutException">It took longer.</exception>
    public static Task<T> Within<T>(this ValueTask<T> asked, TimeSpan bound, TimeProvider clock, CancellationToken cancellationToken = default)
    {
        var task = asked.AsTask();
        Look(task);
        return task.WaitAsync(bound, clock, cancellationToken);
    }

    /// <inheritdoc cref="Within{T}"/>
    public static Task Within(this ValueTask asked, TimeSpan bound, TimeProvider clock, CancellationToken cancellationToken = default)
    {
        var task = asked.AsTask();
        Look(task);
        return task.WaitAsync(bound, clock, cancellationToken);
    }

    private static void Look(Task task)
    {
        if (!task.IsCompleted)
        {
            task.ContinueWith(
                static t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }
    }
}
