using AspireElection.Benchmarks.Report;

namespace AspireElection.Benchmarks.Rounds;

/// <summary>
/// Ends after which the next leader comes within milliseconds. One store, lease and end at a time is there at all: what others
/// do meanwhile, be it that a process starts or that it renews, would be most of the figure.
/// </summary>
internal sealed class HandOvers : IPart
{
    private static readonly string[] All = ["redis", "postgres", "etcd", "file", "quorum"];

    /// <summary>A process that starts again and comes to rest costs two seconds: fewer rounds of what is known from elsewhere as well.</summary>
    private const int MostKilled = 30;
    private const int MostTerminated = 10;

    /// <summary>A worker starts and comes to rest in this many seconds, and two do at once.</summary>
    private const double Start = 1.2;

    private readonly Func<int, IEnumerable<IReadOnlyList<Series>>> _plan;

    private HandOvers(string name, Func<int, IEnumerable<IReadOnlyList<Series>>> plan) => (Name, _plan) = (name, plan);

    /// <summary>
    /// Who has resigned stands back for a good part of the lease: further groups of the same store have their rounds meanwhile. Of ten
    /// seconds nearly all is that, and who waits says next to nothing, so there the stores wait together.
    /// </summary>
    public static HandOvers OnResign { get; } = new("hand-overs", rounds =>
    [
        .. Apart(Series.On(All, [Series.Short], Ending.Resign, rounds, groups: 2)),
        .. Apart(Series.On(All, [Series.Middle], Ending.Resign, rounds, groups: 4)),
        [.. Series.On(All, [Series.Long], Ending.Resign, rounds, groups: 4)],
    ]);

    /// <summary>
    /// With a lease of two seconds it is measured by turns with its peers (<see cref="Limits.PostgresKillLimit"/>), in all rounds: the
    /// lease plays no part where the server sees that the process is gone.
    /// </summary>
    public static HandOvers OnKill { get; } = new(
        "postgres-kills", rounds => Apart(Series.On(["postgres"], [Series.Short, Series.Long], Ending.Kill, Math.Min(rounds, MostKilled), groups: 2)));

    public static HandOvers OnTerminate { get; } = new(
        "sigterm", rounds => Apart(Series.On(All, [Series.Middle], Ending.Terminate, Math.Min(rounds, MostTerminated), groups: 2)));

    public string Name { get; }

    /// <summary>What is compared by each test run is measured by turns with its peer: see the limits.</summary>
    public bool IsQuick => false;

    public TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(_plan(run.Rounds).Sum(s => About(s).TotalSeconds));

    public async Task MeasureAsync(Run run)
    {
        var plan = _plan(run.Rounds).ToList();
        var (done, wanted) = (0, plan.Sum(apart => apart.Sum(s => s.Rounds)));
        foreach (var apart in plan)
            await SideBySide.MeasureAsync(run, apart, About(apart), () => Progress.Show(Interlocked.Increment(ref done), wanted));
    }

    private static IEnumerable<IReadOnlyList<Series>> Apart(IEnumerable<Series> series) => series.Select(s => (IReadOnlyList<Series>)[s]);

    private static TimeSpan About(IReadOnlyList<Series> together) => TimeSpan.FromSeconds(
        together.Sum(s => s.Groups) * Group.NodeIds.Count * Start / 2 + Math.Max(together.Max(StandingBack), together.Sum(s => s.Rounds * Turn(s))));

    private static double Turn(Series series) => series.Ending == Ending.Resign ? 0.25 : 1.8;

    private static double StandingBack(Series series) =>
        series.Ending == Ending.Resign ? Math.Ceiling((double)series.Rounds / series.Groups) * (series.Lease.TotalSeconds / 2 + 0.35) : 0;
}
