namespace AspireElection.Dashboard.Watching;

/// <summary>Tells any number of waiters that something is new; what it is they look up themselves.</summary>
internal sealed class Pulse
{
    private TaskCompletionSource _next = New();

    /// <summary>Ends with the next beat. Take it before looking, or a change between look and wait is missed.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    public void Beat() => Interlocked.Exchange(ref _next, New()).SetResult();

    /// <summary>Waits for <paramref name="beat"/>, at most for <paramref name="bound"/>.</summary>
    public static async Task WaitAsync(Task beat, TimeSpan bound, CancellationToken stopping)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        await Task.WhenAny(beat, Task.Delay(bound, limit.Token));
        await limit.CancelAsync();
        stopping.ThrowIfCancellationRequested();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
