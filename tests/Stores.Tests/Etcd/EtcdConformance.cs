using AspireElection.Conformance;
using AspireElection.Stores.Etcd;
using AspireElection.Stores.Tests.Servers;
using Xunit.Abstractions;

namespace AspireElection.Stores.Tests.Etcd;

/// <summary>The conformance suite on a server of its own, which it restarts empty.</summary>
public sealed class EtcdConformance(EtcdServer server, ITestOutputHelper output)
    : StoreConformance<EtcdStore>(output), IClassFixture<EtcdServer>
{
    protected override Func<Task>? Wipe => WipeAsync;

    /// <summary>Who came first is first in the line.</summary>
    protected override bool OrdersEqualsByNodeId => false;

    protected override Task<EtcdStore> CreateStoreAsync() => Task.FromResult(EtcdFacts.Store(server));

    protected override async Task<int> CountWaitingAsync(string election) => await EtcdFacts.CountWaitingAsync(server, election);

    private Task WipeAsync() => server.RestartAsync(keepData: false);
}
