using AspireElection.Benchmarks.Report;

namespace AspireElection.Benchmarks.Rounds;

/// <summary>Runs the groups of several series at one time; what takes milliseconds takes turns.</summary>
internal static class SideBySide
{
    /// <param name="run">The run.</param>
    /// <param name="all">What is measured.</param>
    /// <param name="about">How long it should take; half as long again, and no more rounds begin.</param>
    public static Task MeasureAsync(Run run, IReadOnlyList<Series> all, TimeSpan about)
    {
        var (done, wanted) = (0, all.Sum(s => s.Rounds));
        return MeasureAsync(run, all, about, () => Progress.Show(Interlocked.Increment(ref done), wanted));
    }

    /// <param name="run">The run.</param>
    /// <param name="all">What is measured.</param>
    /// <param name="about">How long it should take; half as long again, and no more rounds begin.</param>
    /// <param name="told">Called after each round.</param>
    public static async Task MeasureAsync(Run run, IReadOnlyList<Series> all, TimeSpan about, Action told)
    {
        var endsAt = DateTimeOffset.UtcNow + about * 1.5;
        var stage = new Stage();
        await Task.WhenAll(all.Select(series => MeasureAsync(run, series, stage, endsAt, told)));
    }

    private static async Task MeasureAsync(Run run, Series series, Stage stage, DateTimeOffset endsAt, Action told)
    {
        var tally = new Tally();
        try
        {
            await Task.WhenAll(Enumerable.Range(0, series.Groups).Select(g =>
                new GroupRounds(series, series.Rounds / series.Groups + (g < series.Rounds % series.Groups ? 1 : 0), tally, stage, run).MeasureAsync(endsAt, told)));
        }
        catch (InvalidOperationException missing) when (!run.Stop.IsCancellationRequested)
        {
            // The others have their servers.
            run.Tell($"{series.Title}, {series.Ending}, {series.LeaseText}: {missing.Message}");
        }
        finally
        {
            // Also of a run that was stopped: the column of the rounds tells how many there were.
            foreach (var figure in RoundFigures.Of(series, tally))
                run.Add(figure);
        }
    }
}
