using System.Globalization;
using AspireElection.Benchmarks.Report;
using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Benchmarks.Crowds;

/// <summary>
/// One process that leads 1 to 10,000 elections over one store, without exporters: its processor time, its memory for
/// each, and how late its renewals are at worst.
/// </summary>
internal sealed class ManyElections : IPart
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    public string Name => "many-elections";

    public bool IsQuick => false;

    public TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(125);

    public async Task MeasureAsync(Run run)
    {
        // Servers of their own: what 10,000 elections leave behind is nobody else's load.
        await using (var redis = new RedisServer())
        {
            await redis.StartAsync();
            await BesideEachOtherAsync(run, redis, "redis", [1, 100, 1_000]);
            await BesideEachOtherAsync(run, redis, "redis", [10_000]);
        }

        await using var postgres = new PostgresServer();
        await postgres.StartAsync();
        await BesideEachOtherAsync(run, postgres, "postgres", [1, 100, 1_000]);
    }

    /// <summary>Those that leave the machine idle are measured at one time, each in its own process.</summary>
    private static async Task BesideEachOtherAsync(Run run, RealServer server, string store, int[] counts)
    {
        var measured = await Task.WhenAll(counts.Select(count => OutcomeAsync(run, server, store, count)));
        foreach (var (held, count, failure) in measured)
        {
            if (held is null)
                run.Breaks($"{count} elections on {store}: {failure}");
            else
                Report(run, held);
        }
    }

    private static async Task<(HeldElections? Held, int Count, string? Failure)> OutcomeAsync(Run run, RealServer server, string store, int count)
    {
        try
        {
            return (await HeldAsync(server, store, count, run.Stop), count, null);
        }
        catch (TimeoutException failed)
        {
            return (null, count, failed.Message);
        }
    }

    private static async Task<HeldElections> HeldAsync(RealServer server, string store, int count, CancellationToken stop)
    {
        string[] arguments = [Holding.Word, store, .. new[] { count, (int)Lease.TotalMilliseconds }.Select(n => n.ToString(CultureInfo.InvariantCulture))];
        // The sessions that wait come on top of those of the pool.
        var connection = server is PostgresServer ? server.ConnectionString + ";Maximum Pool Size=20" : server.ConnectionString;
        using var holder = Child.OfThisProgram(arguments, new Dictionary<string, string> { [Holding.Connection] = connection });
        return HeldElections.Parse("{" + await holder.AnswerAsync("{", Limit, stop));
    }

    private static void Report(Run run, HeldElections held)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{StoreName(held.Store)}: {held.Elections:N0} {(held.Elections == 1 ? "election" : "elections")} in a process");
        // What is asked is asked of the most on Redis.
        var isMost = held is { Store: "redis", Elections: 10_000 };
        run.Add(new Figure($"{name}: processor time", "% of a core", held.CpuPercent) { Limit = isMost ? 25 : null });
        run.Add(new Figure($"{name}: renewals", "1/s", [held.RenewalsPerSecond]));
        run.Add(new Figure($"{name}: worst lateness of a renewal", "ms", [held.WorstLatenessMs]) { Limit = Lease.TotalMilliseconds / 3 / 2 });
        run.Add(new Figure($"{name}: allocated", "KB/s", [held.AllocatedKbPerSecond]));
        run.Add(new Figure($"{name}: until all are led", "s", [held.StartSeconds]));
        if (held.Elections == 1)
        {
            run.Add(new Figure($"{name}: memory of the process", "MB", [held.ResidentMb]));
        }
        else
        {
            run.Add(new Figure($"{name}: live objects for each", "bytes", [held.HeapBytesEach]) { Limit = isMost ? 4096 : null });
            // Below that it is the size of a heap that has just been collected.
            if (held.Elections >= 1_000)
                run.Add(new Figure($"{name}: memory of the process for each", "bytes", [held.ResidentBytesEach]));
        }

        if (held.Lost > 0)
            run.Breaks($"{name}: {held.Lost} terms ended while nothing was wrong");
    }

    private static string StoreName(string store) => store == "redis" ? "Redis" : "PostgreSQL";
}
