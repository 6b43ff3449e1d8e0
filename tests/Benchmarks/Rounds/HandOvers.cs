namespace AspireElection.Benchmarks.Rounds;

/// <summary>Ends after which the next leader comes within milliseconds: one at a time has the machine.</summary>
internal sealed class HandOvers : IPart
{
    private static readonly string[] All = ["redis", "postgres", "etcd", "file", "quorum"];

    /// <summary>A process that starts again costs a core for a second: fewer rounds.</summary>
    private const int MostTerminated = 30;

    public string Name => "hand-overs";

    /// <summary>What is compared by each test run is measured by turns with its peer: see the limits.</summary>
    public bool IsQuick => false;

    public TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(Plan(run).Sum(s => s.Rounds * (s.Ending == Ending.Resign ? 0.2 : 0.6)) + 10);

    public Task MeasureAsync(Run run) => SideBySide.MeasureAsync(run, Plan(run), Estimate(run));

    private static List<Series> Plan(Run run) =>
    [
        .. Series.On(All, [Series.Short, Series.Middle], Ending.Resign, run.Rounds),
        .. Series.On(All, [Series.Long], Ending.Resign, run.Rounds, groups: 2),
        .. Series.On(["postgres"], [Series.Short, Series.Middle, Series.Long], Ending.Kill, run.Rounds),
        .. Series.On(All, [Series.Middle], Ending.Terminate, Math.Min(run.Rounds, MostTerminated)),
    ];
}
