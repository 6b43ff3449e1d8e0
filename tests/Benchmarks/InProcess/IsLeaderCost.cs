using System.Diagnostics;
using AspireElection.Benchmarks.Report;
using AspireElection.Stores.InProcess;
using AspireElection.Timing;

namespace AspireElection.Benchmarks.InProcess;

/// <summary>What it costs to ask whether one leads.</summary>
internal sealed class IsLeaderCost : IPart
{
    private const int Calls = 2_000_000;

    public string Name => "is-leader";

    public bool IsQuick => false;

    public async Task MeasureAsync(Run run)
    {
        foreach (var figure in await MeasureAsync(Math.Min(run.Rounds, 20)))
            run.Add(figure);
    }

    private static async Task<IReadOnlyList<Figure>> MeasureAsync(int rounds)
    {
        await using var store = new InProcessStore(BootClock.Instance);
        await using var candidate = new Candidate("bench", store, new ElectionOptions { NodeId = "node-1" });
        await candidate.CampaignAsync();
        Ask(candidate);
        var nanoseconds = new List<double>();
        var bytes = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var startedAt = Stopwatch.GetTimestamp();
            Ask(candidate);
            nanoseconds.Add(Stopwatch.GetElapsedTime(startedAt).TotalNanoseconds / Calls);
            bytes.Add((double)(GC.GetAllocatedBytesForCurrentThread() - allocated) / Calls);
        }

        return
        [
            new Figure("is-leader: one call", "ns", nanoseconds) { Limit = 40 },
            new Figure("is-leader: allocation", "bytes", bytes) { Limit = 0 },
        ];
    }

    private static void Ask(Candidate candidate)
    {
        var yes = 0;
        for (var i = 0; i < Calls; i++)
        {
            if (candidate.IsLeader)
                yes++;
        }

        if (yes != Calls)
            throw new InvalidOperationException("The candidate lost its leadership during the measurement.");
    }
}
