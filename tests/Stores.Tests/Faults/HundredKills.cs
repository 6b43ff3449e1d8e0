using System.Globalization;
using AspireElection.Faults.Harness;
using Xunit.Abstractions;

namespace AspireElection.Faults;

/// <summary>The leader is killed at a random phase of its lease, again and again.</summary>
[Collection(FaultTestsAlone.Name)]
public sealed class HundredKills(ITestOutputHelper output)
{
    private static readonly TimeSpan Lease = TimeSpan.FromMilliseconds(300);

    /// <summary>Slower ones are counted, and then nineteen in twenty have to keep the bound.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    [Fact]
    public Task Ten_on_redis() => RunAsync("redis", 10);

    [Theory, Trait("Run", "all")]
    [InlineData("redis")]
    [InlineData("postgres")]
    [InlineData("file")]
    public Task A_hundred(string store) => RunAsync(store, 100);

    /// <summary>
    /// What a busy machine does now and then: the server does nothing for half a lease, just when the seat runs out. Each request for
    /// it is given up before it is answered, and is granted afterwards to somebody who does not wait for it any more.
    /// </summary>
    [Fact, Trait("Run", "all")]
    public async Task A_server_that_stalls_when_the_seat_runs_out()
    {
        var stall = Lease / 2;
        var bound = Bounds.OneLease(Lease) + stall;
        var recoveries = new List<double>();
        var fault = FaultTable.Find("leader killed") with { Bound = (_, _) => Longest };
        await using var cluster = await Cluster.StartAsync("redis", Lease);
        for (var kill = 0; kill < 20; kill++)
        {
            var strike = await Strike.BeginAsync(cluster, fault, new Random(kill));
            var killed = strike.Leader.Process.Kill();
            await ((RedisGround)cluster.Ground).UntilSeatEndsSoonAsync(Lease * 2);
            strike.Server.Freeze();
            await Strike.WaitAsync(stall);
            strike.Server.Continue();
            await strike.NextTermAsync(killed);
            recoveries.Add(strike.Recovery!.Value.TotalMilliseconds);
            await cluster.RestoreAsync();
        }

        await cluster.CheckJobsAsync();
        output.WriteLine(string.Join(" ", recoveries.Order().Select(r => r.ToString("0", CultureInfo.InvariantCulture))));
        Assert.True(recoveries.Count(r => r > bound.TotalMilliseconds) <= 1, $"{recoveries.Count(r => r > bound.TotalMilliseconds)} of 20 kills took longer than {bound.TotalMilliseconds:0} ms");
        Assert.True(cluster.Recording.Complaints() is [], string.Join('\n', cluster.Recording.Complaints()));
    }

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
            var strike = await KillAsync(cluster, fault, random);
            // Where the machine kept the cores for itself, once more; then it counts.
            if (strike.Recovery > Bounds.OneLease(Lease) && Lateness.Between(strike.BeganAt, strike.BeganAt + Lease + strike.Recovery.Value) > Lateness.Most)
                strike = await KillAsync(cluster, fault, random);
            recoveries.Add(strike.Recovery!.Value.TotalMilliseconds);
        }

        await cluster.CheckJobsAsync();
        recoveries.Sort();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{store}: {kills} kills at a lease of {Lease.TotalMilliseconds:0} ms: led again after {recoveries[0]:0} to {recoveries[^1]:0} ms, median {recoveries[kills / 2]:0} ms; {cluster.Recording.Samples} answers"));
        var bound = Bounds.OneLease(Lease).TotalMilliseconds;
        Assert.True(recoveries.Count(r => r > bound) <= kills / 20, $"{recoveries.Count(r => r > bound)} of {kills} kills took longer than {bound:0} ms");
        Assert.True(cluster.Recording.Complaints() is [], string.Join('\n', cluster.Recording.Complaints()));
    }

    private async Task<Strike> KillAsync(Cluster cluster, Fault fault, Random random)
    {
        var strike = await (await Strike.BeginAsync(cluster, fault, random)).RunToRestAsync();
        if (strike.Recovery > Bounds.OneLease(Lease))
            output.WriteLine($"{strike}\n{cluster.SaidSince(strike.BeganAt)}");
        return strike;
    }
}
