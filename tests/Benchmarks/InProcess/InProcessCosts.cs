using System.Globalization;
using AspireElection.Benchmarks.Report;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace AspireElection.Benchmarks.InProcess;

/// <summary>Costs without a server, by BenchmarkDotNet.</summary>
/// <remarks>
/// In this process: the child that BenchmarkDotNet would rather build is a project of its own, which would restore and build
/// the whole repository anew.
/// </remarks>
internal sealed class InProcessCosts : IPart
{
    private const string ClockRead = "a bare read of the clock";

    public string Name => "in-process";

    public bool IsQuick => true;

    public TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(run.Quick ? 8 : 90);

    public async Task MeasureAsync(Run run)
    {
        // Its own continuations would be held up by what is measured here, and it asks for no waiting.
        var asking = await Task.Run(() => Measured<AskingCosts>(run));
        Add(run, asking, "is-leader", r => Method(r) == nameof(AskingCosts.IsLeader), limit: 40, bytesLimit: 0, peer: ClockRead);
        Add(run, asking, ClockRead, r => Method(r) == nameof(AskingCosts.ClockRead), noMemory: true);
        Add(run, asking, "a renewal over the in-process store", r => Method(r) == nameof(AskingCosts.Renewal));
        if (run.Quick)
            return;
        var delivery = await Task.Run(() => Measured<DeliveryCosts>(run));
        foreach (var count in (int[])[1, 100, 10_000])
        {
            var to = string.Create(CultureInfo.InvariantCulture, $"an observation to {count:N0}");
            Add(run, delivery, $"{to}: what telling costs the leader, nobody reads", r => Is(r, nameof(DeliveryCosts.Told), count), unit: "µs");
            Add(run, delivery, $"{to}: until all have acknowledged it", r => Is(r, nameof(DeliveryCosts.Acknowledged), count), unit: "µs");
        }
    }

    private static Summary Measured<T>(Run run)
    {
        var job = Job.Default
            .WithToolchain(InProcessEmitToolchain.Instance)
            .WithIterationTime(TimeInterval.FromMilliseconds(run.Quick ? 100 : 250))
            .WithWarmupCount(run.Quick ? 3 : 6)
            .WithIterationCount(run.Quick ? 6 : 15);
        var config = ManualConfig.CreateEmpty()
            .AddJob(job)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(NullLogger.Instance)
            .WithArtifactsPath(Path.Combine(Path.GetTempPath(), $"aspire-election-bench-{Environment.ProcessId}"))
            // A debug build is measured as well where somebody asks for it.
            .WithOptions(ConfigOptions.DisableOptimizationsValidator | ConfigOptions.DisableLogFile);
        return BenchmarkRunner.Run<T>(config);
    }

    private static void Add(
        Run run, Summary summary, string name, Func<BenchmarkReport, bool> wanted, double? limit = null, double? bytesLimit = null, string? peer = null,
        string unit = "ns", bool noMemory = false)
    {
        if (summary.Reports.FirstOrDefault(wanted) is not { Success: true } report)
        {
            run.Breaks($"{name}: BenchmarkDotNet measured nothing: {string.Join(' ', summary.ValidationErrors.Select(e => e.Message))}");
            return;
        }

        var times = report.AllMeasurements
            .Where(m => m is { IterationMode: IterationMode.Workload, IterationStage: IterationStage.Result })
            .Select(m => m.Nanoseconds / m.Operations / (unit == "µs" ? 1_000 : 1)).ToList();
        run.Add(new Figure(name, unit, times) { Limit = limit, Peer = peer });
        if (noMemory)
            return;
        run.Add(new Figure($"{name}: memory", "bytes", [report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0]) { Limit = bytesLimit });
    }

    private static bool Is(BenchmarkReport report, string method, int subscribers) =>
        Method(report) == method && (int)report.BenchmarkCase.Parameters[nameof(DeliveryCosts.Subscribers)] == subscribers;

    private static string Method(BenchmarkReport report) => report.BenchmarkCase.Descriptor.WorkloadMethod.Name;
}
