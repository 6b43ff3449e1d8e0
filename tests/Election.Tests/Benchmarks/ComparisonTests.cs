namespace AspireElection.Benchmarks.Report;

public sealed class ComparisonTests
{
    private const string Figure = "Redis: hand-over";

    [Fact]
    public void A_ratio_is_worse_when_it_is_by_more_than_half()
    {
        Assert.True(Compared(committed: 1.2, 1.81).IsWorse);
        Assert.False(Compared(committed: 1.2, 1.79).IsWorse);
        Assert.False(Compared(committed: 1.2, 0.4).IsWorse);
    }

    [Fact]
    public void The_best_of_several_measurements_counts()
    {
        var compared = Compared(committed: 1.2, 9, 1.3, 4);
        Assert.False(compared.IsWorse);
        Assert.Equal(1.3, compared.Measured);
    }

    [Fact]
    public void A_ratio_that_is_not_committed_is_new_and_fails_nothing()
    {
        var compared = Assert.Single(Comparison.Of(Ratios(), [Ratios((Figure, 900))]));
        Assert.False(compared.IsWorse);
        Assert.Contains(" new ", Comparison.Table([compared]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_committed_ratio_whose_peer_is_not_there_fails_nothing()
    {
        var compared = Assert.Single(Comparison.Of(Ratios((Figure, 1.2)), [Ratios()]));
        Assert.False(compared.IsWorse);
        Assert.Contains(" not measured ", Comparison.Table([compared]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_names_the_figure_and_both_values()
    {
        Assert.Equal(
            "Redis: hand-over: 2.5 times its peer, 1.2 times in docs/benchmarks.json: worse by more than half",
            Compared(committed: 1.2, 2.5).Complaint);
        Assert.Contains("✗", Comparison.Table([Compared(committed: 1.2, 2.5)]), StringComparison.Ordinal);
    }

    [Fact]
    public void The_committed_ratio_is_the_one_in_the_middle_of_the_quick_runs_of_its_commit()
    {
        QuickHistory? history = null;
        foreach (var (commit, ratio) in (List<(string, double)>)[("older", 90), ("this", 1.4), ("this", 8), ("this", 1.2)])
        {
            var run = RowTests.Found([], commit) with { Quick = true };
            history = QuickHistory.After(history, run, Ratios((Figure, ratio)));
        }

        Assert.Equal(1.4, Committed.From(null, history, new Committed(null, null)).Quick!.Ratios[Figure]);
    }

    private static Comparison Compared(double committed, params double[] measured) =>
        Assert.Single(Comparison.Of(Ratios((Figure, committed)), [.. measured.Select(m => Ratios((Figure, m)))]));

    private static Dictionary<string, double> Ratios(params (string Figure, double Ratio)[] all) => all.ToDictionary(a => a.Figure, a => a.Ratio);
}
