namespace AspireElection.Benchmarks.Report;

public sealed class ReadmeFiguresTests
{
    private const string Page = "before\n<!-- figures: written by ./run bench --commit-table -->\nold\n<!-- end of figures -->\nafter\n";

    [Fact]
    public void What_was_asked_for_stands_between_the_marks_and_what_was_missed_above_it()
    {
        var found = RowTests.Found(
        [
            new Figure("a hand-over", "ms", [3]) { Peer = "bare", RatioLimit = 2 },
            new Figure("bare", "ms", [1]),
            new Figure("SIGKILL to next leader, 2 s lease", "ms", [2000]) { Limit = 2100 },
            new Figure("SIGKILL to next leader, 10 s lease", "ms", [9000]) { Limit = 10_100 },
        ],
        "abc");
        var page = ReadmeFigures.Replaced(Page, found)!;
        Assert.StartsWith("before\n<!-- figures", page, StringComparison.Ordinal);
        Assert.EndsWith("<!-- end of figures -->\nafter\n", page, StringComparison.Ordinal);
        Assert.DoesNotContain("old", page, StringComparison.Ordinal);
        Assert.Contains("**Not reached**: a hand-over.", page, StringComparison.Ordinal);
        Assert.Equal(4, page.Split('\n').Count(l => l.StartsWith('|')));
        Assert.Contains(page.Split('\n'), l => l.StartsWith("| SIGKILL to next leader, 2 s lease", StringComparison.Ordinal) && l.Contains("≤ 2,100", StringComparison.Ordinal));
        Assert.Equal(page, ReadmeFigures.Replaced(page, found));
    }

    [Fact]
    public void A_page_without_marks_is_left_alone() => Assert.Null(ReadmeFigures.Replaced("nothing", RowTests.Found([], "abc")));
}
