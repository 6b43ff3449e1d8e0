using AspireElection.Stores.Tests.Etcd;
using AspireElection.Stores.Tests.Postgres;
using AspireElection.Stores.Tests.Redis;
using AspireElection.Workers;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer("AspireElection.Stores.Tests.Servers.LongestFirst", "Stores.Tests")]

namespace AspireElection.Stores.Tests.Servers;

/// <summary>Of what runs side by side the longest begins first: begun last, it would run alone for a minute at the end.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Longest =
    [
        nameof(RecoveryTests),
        SharedPostgres.Name,
        SharedSessionsPostgres.Name,
        nameof(WorkerOnServersTests),
        nameof(ServerTests),
        nameof(EtcdConformance),
        nameof(NodeRecordsTests),
        nameof(Etcd.LossTests),
        nameof(RedisConformance),
        nameof(Etcd.IdleTests),
        nameof(ReplicaTests),
        nameof(TransitionsTests),
    ];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(c => Array.FindIndex(Longest, name => IsCalled(c, name)) is >= 0 and var place ? place : Longest.Length);

    /// <summary>A class without a collection of its own is one, and called after it.</summary>
    private static bool IsCalled(ITestCollection collection, string name) =>
        collection.DisplayName == name || collection.DisplayName.EndsWith($".{name}", StringComparison.Ordinal);
}
