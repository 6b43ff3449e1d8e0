namespace AspireElection.Benchmarks.Report;

public sealed class RowTests
{
    private static readonly double[] Rounds = [.. Enumerable.Range(1, 101).Select(n => (double)n)];

    [Fact]
    public void The_spread_is_told_beside_the_median()
    {
        var row = Assert.Single(Row.Of([new Figure("a", "ms", Rounds)]));
        Assert.Equal((1, 6, 51, 96, 101, 101), (row.Least, row.P5, row.Median, row.P95, row.Worst, row.Rounds));
        Assert.Equal(Row.Told, row.Verdict);
    }

    [Fact]
    public void A_limit_is_one_of_the_median()
    {
        Assert.Equal(Row.Kept, VerdictOf(new Figure("a", "ms", Rounds) { Limit = 51 }));
        Assert.Equal(Row.Missed, VerdictOf(new Figure("a", "ms", Rounds) { Limit = 50 }));
    }

    [Fact]
    public void A_floor_is_one_of_every_round()
    {
        Assert.Equal(Row.Kept, VerdictOf(new Figure("a", "ms", Rounds) { Floor = 1 }));
        Assert.Equal(Row.Missed, VerdictOf(new Figure("a", "ms", [.. Rounds, -0.1]) { Floor = 0 }));
    }

    [Fact]
    public void A_ratio_is_one_of_medians_and_may_have_a_limit()
    {
        Figure[] figures = [new("bare", "ms", [10]), new Figure("a", "ms", [19]) { Peer = "bare", RatioLimit = 2 }, new Figure("b", "ms", [21]) { Peer = "bare", RatioLimit = 2 }];
        Assert.Equal([(null, Row.Told), (1.9, Row.Kept), (2.1, Row.Missed)], Row.Of(figures).Select(r => (r.Ratio, r.Verdict)));
    }

    [Fact]
    public void Beside_a_peer_that_was_not_measured_there_is_no_ratio_and_no_verdict()
    {
        var row = Assert.Single(Row.Of([new Figure("a", "ms", [19]) { Peer = "bare", RatioLimit = 2, Beside = ["others"] }]));
        Assert.Null(row.Ratio);
        Assert.Empty(row.Beside);
        Assert.Equal(Row.Told, row.Verdict);
    }

    [Fact]
    public void The_page_has_a_table_for_each_part_and_lists_what_is_missing_or_wrong()
    {
        var page = Sheet.Page(Found(
        [
            new Figure("bare", "ms", [10]) { Part = "limits" },
            new Figure("a|b", "ms", [5, 19]) { Part = "rounds", Peer = "bare", Beside = ["bare"], Failed = 3 },
            new Figure("gap", "ms", [-1, 2]) { Part = "rounds", Floor = 0 },
        ]));
        Assert.Contains("### limits", page, StringComparison.Ordinal);
        Assert.Contains("### rounds", page, StringComparison.Ordinal);
        Assert.Contains("2 (+3 failed)", page, StringComparison.Ordinal);
        Assert.Contains(@"a\|b", page, StringComparison.Ordinal);
        Assert.Contains("… beside", page, StringComparison.Ordinal);
        Assert.Contains("all ≥ 0 (least -1)", page, StringComparison.Ordinal);
        Assert.Contains("- a peer: its package cannot be had", page, StringComparison.Ordinal);
        Assert.Contains("- something wrong", page, StringComparison.Ordinal);
        // All lines of a table are as wide: a terminal shows it as well.
        Assert.All(
            page.Split("\n\n").Where(b => b.StartsWith('|')),
            table => Assert.Single(table.TrimEnd().Split('\n').Select(l => l.Replace(@"\|", "|", StringComparison.Ordinal).Length + l.Split(@"\|").Length - 1).Distinct()));
    }

    [Fact]
    public void The_page_that_git_keeps_says_first_what_its_signs_judge()
    {
        var page = Sheet.CommittedPage(Found([new Figure("bare", "ms", [10])]));
        Assert.StartsWith("# Measured\n", page, StringComparison.Ordinal);
        Assert.Contains($"{Row.Judges}, but for", page, StringComparison.Ordinal);
        Assert.EndsWith("\n\n" + Sheet.Page(Found([new Figure("bare", "ms", [10])])), page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_is_read_as_it_was_written()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("election-bench-").FullName, "bench.json");
        try
        {
            var run = Found([new Figure("bare", "ms", [10]) { Part = "limits" }, new Figure("a", "ms", [5, 19]) { Peer = "bare", Limit = 3 }]);
            Committed.WriteFile(file, Committed.From(run, null, new Committed(null, null)));
            var read = Committed.Read(file).Full!;
            Assert.Equal(Sheet.Page(run), Sheet.Page(read));
            Assert.All(read.Rows, r => Assert.Null(r.Values));
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        }
    }

    internal static Findings Found(IReadOnlyList<Figure> figures, string commit = "abc") => new(
        false,
        100,
        new DateTimeOffset(2026, 11, 21, 21, 0, 0, TimeSpan.Zero),
        90,
        new Machine(2, 24, "Debian", "6.1", "10.0", new Dictionary<string, string> { ["Redis"] = "7.0" }, commit, 0.1, 0.2),
        Row.Of(figures),
        [new NotMeasured("limits", "a peer", "its package cannot be had")],
        ["something wrong"],
        []);

    private static string VerdictOf(Figure figure) => Assert.Single(Row.Of([figure])).Verdict;
}
