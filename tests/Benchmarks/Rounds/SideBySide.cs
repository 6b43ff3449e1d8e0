using AspireElection.Benchmarks.Report;

namespace AspireElection.Benchmarks.Rounds;

/// <summary>Runs the groups of several series at one time; what takes milliseconds takes turns.</summary>
internal static class SideBySide
{
    public static async Task MeasureAsync(Run run, IReadOnlyList<Series> all)
    {
        var stage = new Stage();
        var (done, wanted) = (0, all.Sum(s => s.Rounds));
        await Task.WhenAll(all.Select(series => MeasureAsync(run, series, stage, () =>
            Progress.Show(Interlocked.Increment(ref done), wanted))));
    }

    private static async Task MeasureAsync(Run run, Series series, Stage stage, Action told)
    {
        var tally = new Tally();
        try
        {
            await Task.WhenAll(Enumerable.Range(0, series.Groups).Select(g =>
                new GroupRounds(series, series.Rounds / series.Groups + (g < series.Rounds % series.Groups ? 1 : 0), tally, stage, run).MeasureAsync(told)));
        }
        finally
        {
            // Also of a run that was stopped: the column of the rounds tells how many there were.
            foreach (var figure in RoundFigures.Of(series, tally))
                run.Add(figure);
        }
    }
}
