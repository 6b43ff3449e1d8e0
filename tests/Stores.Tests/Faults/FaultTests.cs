using System.Globalization;
using AspireElection.Faults.Harness;
using Xunit.Abstractions;

namespace AspireElection.Faults;

/// <summary>Real processes, real servers, and everything that goes wrong with them.</summary>
[Collection(FaultTestsAlone.Name)]
public abstract class FaultTests(string store, StoreCluster clusters, ITestOutputHelper output) : IClassFixture<StoreCluster>
{
    protected static TheoryData<string> On(string store, bool hardest)
    {
        var names = new TheoryData<string>();
        foreach (var fault in FaultTable.All.Where(f => f.Stores.Contains(store) && (f.Hardest == store) == hardest))
            names.Add(fault.Name);
        return names;
    }

    /// <summary>Those that look for a node's own session in the line have nothing to find there.</summary>
    protected static TheoryData<string> OnSharedSessions()
    {
        var names = new TheoryData<string>();
        foreach (var fault in FaultTable.All.Where(f => f.Stores.Contains("postgres") && !f.Name.StartsWith("waiters", StringComparison.Ordinal)))
            names.Add(fault.Name);
        return names;
    }

    protected async Task RunAsync(string name)
    {
        var fault = FaultTable.Find(name);
        var cluster = await clusters.OnAsync(store);
        try
        {
            cluster.Weigh();
            var strike = await Strike.BeginAsync(cluster, fault, new Random(1));
            strike = await strike.RunToRestAsync();
            await cluster.CheckJobsAsync(fault.Wipes);
            cluster.CheckGrowth();
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{store}: {name}: {strike}"));
            Assert.True(cluster.Recording.Complaints() is [], string.Join('\n', [.. cluster.Recording.Complaints(), cluster.Text()]));
        }
        catch
        {
            await clusters.ForgetAsync();
            throw;
        }
    }
}

public sealed class FaultsOnRedis(StoreCluster clusters, ITestOutputHelper output) : FaultTests("redis", clusters, output)
{
    public static TheoryData<string> Hardest => On("redis", hardest: true);

    public static TheoryData<string> Rest => On("redis", hardest: false);

    [Theory, MemberData(nameof(Hardest))]
    public Task Where_it_hits_hardest(string fault) => RunAsync(fault);

    [Theory, MemberData(nameof(Rest)), Trait("Run", "all")]
    public Task Elsewhere(string fault) => RunAsync(fault);
}

public sealed class FaultsOnPostgres(StoreCluster clusters, ITestOutputHelper output) : FaultTests("postgres", clusters, output)
{
    public static TheoryData<string> Hardest => On("postgres", hardest: true);

    public static TheoryData<string> Rest => On("postgres", hardest: false);

    [Theory, MemberData(nameof(Hardest))]
    public Task Where_it_hits_hardest(string fault) => RunAsync(fault);

    [Theory, MemberData(nameof(Rest)), Trait("Run", "all")]
    public Task Elsewhere(string fault) => RunAsync(fault);
}

public sealed class FaultsOnSharedSessions(StoreCluster clusters, ITestOutputHelper output) : FaultTests(Ground.SharedSessions, clusters, output)
{
    public static TheoryData<string> Every => OnSharedSessions();

    [Theory, MemberData(nameof(Every)), Trait("Run", "all")]
    public Task Elsewhere(string fault) => RunAsync(fault);
}

public sealed class FaultsOnEtcd(StoreCluster clusters, ITestOutputHelper output) : FaultTests("etcd", clusters, output)
{
    public static TheoryData<string> Rest
    {
        get
        {
            var names = new TheoryData<string>();
            foreach (var fault in FaultTable.All.Where(f => f.Stores.Contains("etcd") && f.Name != LeaderKilled))
                names.Add(fault.Name);
            return names;
        }
    }

    /// <summary>It hits etcd harder than the others: a dead leader's lease ends last there.</summary>
    private const string LeaderKilled = "leader killed";

    [Fact]
    public Task Where_it_hits_hardest() => RunAsync(LeaderKilled);

    [Theory, MemberData(nameof(Rest)), Trait("Run", "all")]
    public Task Elsewhere(string fault) => RunAsync(fault);
}

public sealed class FaultsOnQuorum(StoreCluster clusters, ITestOutputHelper output) : FaultTests("quorum", clusters, output)
{
    public static TheoryData<string> Hardest => On("quorum", hardest: true);

    public static TheoryData<string> Rest => On("quorum", hardest: false);

    [Theory, MemberData(nameof(Hardest))]
    public Task Where_it_hits_hardest(string fault) => RunAsync(fault);

    [Theory, MemberData(nameof(Rest)), Trait("Run", "all")]
    public Task Elsewhere(string fault) => RunAsync(fault);
}

public sealed class FaultsOnFiles(StoreCluster clusters, ITestOutputHelper output) : FaultTests("file", clusters, output)
{
    public static TheoryData<string> Hardest => On("file", hardest: true);

    public static TheoryData<string> Rest => On("file", hardest: false);

    [Theory, MemberData(nameof(Hardest))]
    public Task Where_it_hits_hardest(string fault) => RunAsync(fault);

    [Theory, MemberData(nameof(Rest)), Trait("Run", "all")]
    public Task Elsewhere(string fault) => RunAsync(fault);
}
