using AspireElection.Conformance;
using AspireElection.Stores.InProcess;
using AspireElection.Timing;
using Xunit.Abstractions;

namespace AspireElection.Stores;

public sealed class InProcessConformance(ITestOutputHelper output) : StoreConformance<InProcessStore>(output)
{
    private readonly InProcessStore _store = new(BootClock.Instance);

    protected override TimeSpan Lease => TimeSpan.FromMilliseconds(400);

    protected override Func<Task>? Wipe => WipeAsync;

    /// <summary>Its candidates share one store; there are no other processes.</summary>
    protected override Task<InProcessStore> CreateStoreAsync() => Task.FromResult(_store);

    protected override Task<int> CountWaitingAsync(string election) => Task.FromResult(_store.Waiting(election));

    private Task WipeAsync()
    {
        _store.Wipe();
        return Task.CompletedTask;
    }
}
