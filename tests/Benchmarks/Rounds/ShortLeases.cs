namespace AspireElection.Benchmarks.Rounds;

/// <summary>Leases of half a second that have to run out: a few groups at a time, or they would keep each other waiting.</summary>
internal sealed class ShortLeases : IPart
{
    private static readonly string[] Leased = ["redis", "file", "quorum"];

    public string Name => "short-leases";

    public bool IsQuick => false;

    public TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(run.Rounds * 3.3 + 20);

    public async Task MeasureAsync(Run run)
    {
        await SideBySide.MeasureAsync(run, [.. Series.On([.. Leased, "postgres"], [Series.Short], Ending.CutOff, run.Rounds)]);
        await SideBySide.MeasureAsync(run, [.. Series.On(Leased, [Series.Short], Ending.Kill, run.Rounds)]);
    }
}
