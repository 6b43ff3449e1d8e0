namespace AspireElection.Benchmarks.Rounds;

/// <summary>Leases of 2 and 10 s that have to run out: almost all of it is waiting, so many groups wait side by side.</summary>
internal sealed class LongLeases : IPart
{
    private static readonly string[] Leased = ["redis", "etcd", "file", "quorum"];

    public string Name => "long-leases";

    public bool IsQuick => false;

    /// <summary>Each killed worker is followed by another, which has to start: with so many groups that takes longer than their leases.</summary>
    public TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(Leased.Length * 1.3 * run.Rounds + 150);

    public Task MeasureAsync(Run run) => SideBySide.MeasureAsync(run,
    [
        .. Series.On([.. Leased, "postgres"], [Series.Long], Ending.CutOff, run.Rounds, groups: 4),
        .. Series.On(Leased, [Series.Long], Ending.Kill, run.Rounds, groups: 4),
        .. Series.On([.. Leased, "postgres"], [Series.Middle], Ending.CutOff, run.Rounds),
        .. Series.On(Leased, [Series.Middle], Ending.Kill, run.Rounds),
    ],
    Estimate(run));
}
