namespace AspireElection.Timing;

/// <summary>A cancellation of which nothing exists until somebody asks for its token.</summary>
internal struct LateCancellation
{
    private static readonly CancellationTokenSource Cancelled = new();

    private CancellationTokenSource? _source;

    public CancellationToken Token
    {
        get
        {
            if (Volatile.Read(ref _source) is not { } source)
                source = Interlocked.CompareExchange(ref _source, new CancellationTokenSource(), null) ?? _source!;
            return source == Cancelled ? new CancellationToken(canceled: true) : source.Token;
        }
    }

    /// <summary>Cancels it on a thread on which callbacks of users may block.</summary>
    public void Cancel(ElectionThreads threads)
    {
        if (Interlocked.CompareExchange(ref _source, Cancelled, null) is { } source && source != Cancelled)
            threads.Cancel(source);
    }
}
