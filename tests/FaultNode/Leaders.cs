using System.Globalization;
using AspireElection.Stores.Redis;
using AspireElection.Timing;
using StackExchange.Redis;

namespace AspireElection.FaultNodes;

/// <summary>
/// A process that leads many elections over one connection to Redis and does nothing else: "leaders ELECTIONS LEASE_MS".
/// Over some leases it measures itself and prints the bytes that each election keeps alive, the microseconds of processor
/// time for each renewal that is due in the best of the leases, and how many it leads.
/// </summary>
internal static class Leaders
{
    public const string Word = "leaders";

    /// <summary>Who else is busy on the machine makes one dearer, for a while.</summary>
    private const int Leases = 4;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    public static async Task<int> RunAsync(string[] arguments)
    {
        var (count, lease) = (Whole(arguments[0]), TimeSpan.FromMilliseconds(Whole(arguments[1])));
        var connection = await ConnectionMultiplexer.ConnectAsync(Environment.GetEnvironmentVariable(Crowd.Connection)!);
        await using var store = new RedisStore(connection, BootClock.Instance);
        // The client has us continue on the thread that reads its answers; what follows blocks its thread.
        await Task.Yield();
        var options = new ElectionOptions { NodeId = "leader", LeaseDuration = lease, RenewPeriod = lease / 3, ElectionAttributes = false };
        Candidate Stand(int number) => new($"leaders-{number}", store, options);
        var first = Stand(0);
        await first.CampaignAsync();
        // What the first one needs is the code, the connection and the threads.
        var before = Alive();
        var candidates = Enumerable.Range(1, count).Select(Stand).ToList();
        foreach (var candidate in candidates)
            await candidate.StartAsync();
        using var limit = new CancellationTokenSource(StartLimit);
        using var cadence = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (candidates.Exists(c => !c.IsLeader))
            await cadence.WaitForNextTickAsync(limit.Token);
        using var aLease = new PeriodicTimer(lease);
        await aLease.WaitForNextTickAsync();
        var (least, alive) = (TimeSpan.MaxValue, long.MaxValue);
        for (var i = 0; i < Leases; i++)
        {
            var used = Environment.CpuUsage.TotalTime;
            await aLease.WaitForNextTickAsync();
            used = Environment.CpuUsage.TotalTime - used;
            least = used < least ? used : least;
            // A machine that is late keeps many renewals on their way.
            alive = Math.Min(alive, Alive());
        }

        var renewals = count * (lease / options.RenewPeriod.Value);
        var each = (alive - before) / count;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{each} {least.TotalMicroseconds / renewals:0} {candidates.Count(c => c.IsLeader)}"));
        GC.KeepAlive(first);
        return 0;
    }

    /// <summary>The least of some: what a renewal on its way needs for a moment belongs to no election.</summary>
    private static long Alive() => Enumerable.Range(0, 3).Min(_ => GC.GetTotalMemory(forceFullCollection: true));

    private static int Whole(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
