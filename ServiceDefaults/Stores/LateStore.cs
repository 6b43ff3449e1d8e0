namespace AspireElection.ServiceDefaults.Stores;

/// <summary>A store whose client takes its time: every call waits for it, and fails as it fails; the node stays a follower.</summary>
/// <param name="kind">The kind of store.</param>
/// <param name="promise">What the store will promise.</param>
/// <param name="open">The store; asked at every call, so it should remember.</param>
internal sealed class LateStore(string kind, string promise, Func<CancellationToken, Task<IElectionStore>> open) : StoreBehind(kind)
{
    public override string Promise => promise;

    /// <summary>The clients are the host's; a store over one holds nothing that the end of the process would not end.</summary>
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    protected override Task<IElectionStore> OpenAsync(CancellationToken cancellationToken) => open(cancellationToken);
}
