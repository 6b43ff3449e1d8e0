using System.Diagnostics;
using System.Globalization;
using AspireElection.Stores.Postgres;
using AspireElection.Stores.Redis;
using AspireElection.Timing;
using StackExchange.Redis;

namespace AspireElection.Benchmarks.Crowds;

/// <summary>
/// A process that leads many elections over one store and does nothing else: "hold STORE ELECTIONS LEASE_MS", with the
/// server's connection string in <see cref="Connection"/>. It measures itself over two leases, prints
/// <see cref="HeldElections"/> as its only line, and ends without resigning: nobody follows.
/// </summary>
internal static class Holding
{
    public const string Word = "hold";

    /// <summary>It holds a password, which arguments must not.</summary>
    public const string Connection = "HOLD_CONNECTION";

    private const int Leases = 2;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan ShortWait = TimeSpan.FromMilliseconds(10);

    public static async Task RunAsync(string[] arguments)
    {
        var (kind, count, lease) = (arguments[0], Whole(arguments[1]), TimeSpan.FromMilliseconds(Whole(arguments[2])));
        var connection = Environment.GetEnvironmentVariable(Connection)
            ?? throw new InvalidOperationException($"{Connection} is not set: it is the connection string of the server.");
        await using var store = await OpenAsync(kind, connection);
        // The client has us continue on the thread that reads its answers.
        await Task.Yield();
        ElectionOptions Options() => new() { NodeId = "holder", LeaseDuration = lease, ElectionAttributes = false };
        Candidate Stand(int number) => new($"hold-{count}-{number}", store, Options());
        var candidates = new List<Candidate>(count) { Stand(0) };
        await candidates[0].CampaignAsync();
        // What the first election costs is the code that it loads and the connection.
        await ElapsedAsync(TimeSpan.FromSeconds(1));
        var before = Memory();

        var startedAt = Stopwatch.GetTimestamp();
        candidates.AddRange(Enumerable.Range(1, count - 1).Select(Stand));
        foreach (var candidate in candidates.Skip(1))
            await candidate.StartAsync();
        await UntilAllLeadAsync(candidates);
        var start = Stopwatch.GetElapsedTime(startedAt);
        await ElapsedAsync(lease * 1.5);

        var watch = new RenewalWatch(candidates, LeadershipTimes.From(Options()));
        watch.Begin();
        var (measuredAt, allocated) = (Stopwatch.GetTimestamp(), GC.GetTotalAllocatedBytes());
        var percents = new List<double>();
        for (var i = 0; i < Leases; i++)
            percents.Add(await CpuPercentAsync(lease, watch));
        var seconds = Stopwatch.GetElapsedTime(measuredAt).TotalSeconds;
        allocated = GC.GetTotalAllocatedBytes() - allocated;
        var after = Memory();
        var others = Math.Max(1, count - 1);
        Console.WriteLine(new HeldElections
        {
            Store = kind,
            Elections = count,
            LeaseSeconds = lease.TotalSeconds,
            StartSeconds = start.TotalSeconds,
            CpuPercent = percents,
            RenewalsPerSecond = watch.Renewals / seconds,
            WorstLatenessMs = watch.WorstLatenessMs,
            MeanLatenessMs = watch.MeanLatenessMs,
            LaterThanHalf = watch.LaterThanHalf,
            Lost = watch.Lost,
            AllocatedKbPerSecond = allocated / 1024.0 / seconds,
            HeapBytesEach = (double)(after.Heap - before.Heap) / others,
            ResidentBytesEach = (double)(after.Resident - before.Resident) / others,
            HeapMb = after.Heap / 1048576.0,
            ResidentMb = after.Resident / 1048576.0,
        }.ToLine());
        Environment.Exit(0);
    }

    private static async Task<IElectionStore> OpenAsync(string store, string connection) => store switch
    {
        "redis" => new RedisStore(await ConnectionMultiplexer.ConnectAsync(connection), BootClock.Instance),
        "postgres" => new PostgresStore(connection, BootClock.Instance) { LockSessions = 8 },
        _ => throw new ArgumentException($"No store '{store}' holds many elections; allowed: redis, postgres.", nameof(store)),
    };

    private static async Task UntilAllLeadAsync(List<Candidate> candidates)
    {
        var startedAt = Stopwatch.GetTimestamp();
        using var cadence = new PeriodicTimer(ShortWait);
        for (var leading = 0; leading < candidates.Count; await cadence.WaitForNextTickAsync())
        {
            while (leading < candidates.Count && candidates[leading].IsLeader)
                leading++;
            if (Stopwatch.GetElapsedTime(startedAt) > StartLimit)
                throw new TimeoutException($"Of {candidates.Count} elections only {candidates.Count(c => c.IsLeader)} were led within {StartLimit.TotalSeconds:0} s: {candidates[leading].StoreTrouble}");
        }
    }

    private static async Task<double> CpuPercentAsync(TimeSpan duration, RenewalWatch watch)
    {
        var (startedAt, used) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        using var cadence = new PeriodicTimer(watch.Cadence);
        do
        {
            await cadence.WaitForNextTickAsync();
            watch.Look();
        }
        while (Stopwatch.GetElapsedTime(startedAt) < duration);
        return 100 * (Environment.CpuUsage.TotalTime - used) / Stopwatch.GetElapsedTime(startedAt);
    }

    private static async Task ElapsedAsync(TimeSpan duration)
    {
        using var elapsed = new PeriodicTimer(duration);
        await elapsed.WaitForNextTickAsync();
    }

    /// <summary>The smallest of some: what a renewal on its way needs for a moment belongs to no election.</summary>
    private static (long Heap, long Resident) Memory()
    {
        var heap = long.MaxValue;
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
            heap = Math.Min(heap, GC.GetTotalMemory(forceFullCollection: false));
        }

        return (heap, Environment.WorkingSet);
    }

    private static int Whole(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
