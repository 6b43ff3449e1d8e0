namespace AspireElection.Timing;

/// <summary>Something that happens once; a task of it exists only once somebody waits.</summary>
internal struct Completion
{
    private static readonly TaskCompletionSource Over = NewOver();

    private TaskCompletionSource? _source;

    /// <summary>Ends when it has happened.</summary>
    public Task Task
    {
        get
        {
            if (Volatile.Read(ref _source) is { } known)
                return known.Task;
            var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return (Interlocked.CompareExchange(ref _source, source, null) ?? source).Task;
        }
    }

    /// <summary>It has happened.</summary>
    public void Set() => (Interlocked.CompareExchange(ref _source, Over, null) ?? Over).TrySetResult();

    private static TaskCompletionSource NewOver()
    {
        var over = new TaskCompletionSource();
        over.SetResult();
        return over;
    }
}
