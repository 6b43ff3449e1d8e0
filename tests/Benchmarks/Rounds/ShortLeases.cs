namespace AspireElection.Benchmarks.Rounds;

/// <summary>Leases of half a second that have to run out: a few groups at a time, or they would keep each other waiting.</summary>
internal sealed class ShortLeases : IPart
{
    private static readonly string[] Leased = ["redis", "file", "quorum"];

    public string Name => "short-leases";

    public bool IsQuick => false;

    public TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(run.Rounds * 2.4 + 20);

    public async Task MeasureAsync(Run run)
    {
        await SideBySide.MeasureAsync(run, [.. Series.On([.. Leased, "postgres"], [Series.Short], Ending.CutOff, run.Rounds, groups: 2)], Estimate(run) / 2);
        await SideBySide.MeasureAsync(run, [.. Series.On(Leased, [Series.Short], Ending.Kill, run.Rounds)], Estimate(run) / 2);
    }
}
