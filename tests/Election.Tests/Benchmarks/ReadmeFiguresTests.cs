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
    public void Rounds_that_failed_are_named_and_the_head_says_what_the_signs_judge()
    {
        var page = ReadmeFigures.Replaced(Page, RowTests.Found([new Figure("AppHost: start to first leader", "s", [7, 7, 12]) { Limit = 8, Failed = 4 }]))!;
        Assert.Contains("up to 100 rounds each", page, StringComparison.Ordinal);
        var row = Assert.Single(page.Split('\n'), l => l.StartsWith("| AppHost", StringComparison.Ordinal));
        Assert.Contains(" 3 (+4 failed) ", row, StringComparison.Ordinal);
        // The worst round exceeds what is asked for: the sign is right all the same, as the head says.
        Assert.EndsWith($" {Row.Kept}   |", row, StringComparison.Ordinal);
        Assert.Contains(Row.Judges, page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_without_marks_is_left_alone() => Assert.Null(ReadmeFigures.Replaced("nothing", RowTests.Found([], "abc")));
}
