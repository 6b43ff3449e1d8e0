using System.Globalization;
using AspireElection.Faults.Harness;
using Xunit.Abstractions;

namespace AspireElection.Faults;

/// <summary>The leader is killed at a random phase of its lease, again and again.</summary>
[Collection(FaultTestsAlone.Name)]
public sealed class HundredKills(ITestOutputHelper output)
{
    private static readonly TimeSpan Lease = TimeSpan.FromMilliseconds(300);

    /// <summary>
    /// On Redis one kill in ten was seen to take up to 1.1 s. Why is not known; each request is given up after 100 ms at so
    /// short a lease, and what a lost one took has to run out. Two kills in ten are allowed for it.
    /// </summary>
    private static readonly TimeSpan Longest = Bounds.OneLease(Lease) + (Lease * 4);

    [Fact]
    public Task Ten_on_redis() => RunAsync("redis", 10);

    [Theory, Trait("Run", "all")]
    [InlineData("redis")]
    [InlineData("postgres")]
    [InlineData("file")]
    public Task A_hundred(string store) => RunAsync(store, 100);

    private async Task RunAsync(string store, int kills)
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var fault = FaultTable.Find("leader killed") with { Bound = (_, _) => Longest };
        var recoveries = new List<double>();
        await using var cluster = await Cluster.StartAsync(store, Lease);
        for (var kill = 0; kill < kills; kill++)
        {
            var strike = await Strike.BeginAsync(cluster, fault, random);
            await strike.RunAsync();
            recoveries.Add(strike.Recovery!.Value.TotalMilliseconds);
            await cluster.RestoreAsync();
        }

        await cluster.CheckJobsAsync();
        recoveries.Sort();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{store}: {kills} kills at a lease of {Lease.TotalMilliseconds:0} ms: led again after {recoveries[0]:0} to {recoveries[^1]:0} ms, median {recoveries[kills / 2]:0} ms; {cluster.Recording.Samples} answers"));
        var bound = Bounds.OneLease(Lease).TotalMilliseconds;
        Assert.True(recoveries.Count(r => r > bound) <= kills / 5, $"{recoveries.Count(r => r > bound)} of {kills} kills took longer than {bound:0} ms");
        Assert.True(cluster.Recording.Complaints() is [], string.Join('\n', cluster.Recording.Complaints()));
    }
}
