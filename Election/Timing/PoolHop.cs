using System.Threading.Tasks.Sources;

namespace AspireElection.Timing;

/// <summary>To be awaited by a loop that begins: it goes on on the pool, and nothing of the hop remains while it runs.</summary>
internal sealed class PoolHop : IValueTaskSource
{
    private static readonly PoolHop Always = new();

    private PoolHop()
    {
    }

    public static ValueTask OffTheCaller => new(Always, 0);

    public void GetResult(short token)
    {
        // There is nothing to tell.
    }

    public ValueTaskSourceStatus GetStatus(short token) => ValueTaskSourceStatus.Pending;

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        ThreadPool.UnsafeQueueUserWorkItem(continuation, state, preferLocal: false);
}
