namespace AspireElection.ServiceDefaults.Stores;

/// <summary>A store whose client takes its time: every call waits for it, and fails as it fails; the node stays a follower.</summary>
/// <param name="kind">The kind of store.</param>
/// <param name="open">The store; asked at every call, so it should remember.</param>
internal sealed class LateStore(string kind, Func<CancellationToken, Task<IElectionStore>> open) : StoreBehind(kind)
{
    protected override Task<IElectionStore> OpenAsync(CancellationToken cancellationToken) => open(cancellationToken);
}
