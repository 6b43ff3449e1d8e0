namespace AspireElection.Benchmarks.Report;

public sealed class FindingsTests
{
    [Fact]
    public void A_part_that_was_measured_by_itself_takes_the_place_of_the_one_before_and_says_so()
    {
        var full = Of("one", 1).Rows.Concat(Of("two", 2).Rows).Concat(Of("three", 3).Rows).ToList();
        var found = Of("one", 1) with { Rows = full, Told = ["two: a round failed", "three: a round failed"] };
        var later = Of("two", 20) with { Told = ["two: another", "four: something"], Machine = found.Machine with { Commit = "later" } };
        var both = found.With(later, ["two"]);
        Assert.Equal([("one", 1), ("two", 20), ("three", 3)], both.Rows.Select(r => (r.Part, r.Median)));
        Assert.Equal(["three: a round failed", "two: another"], both.Told.SkipLast(1));
        Assert.StartsWith("two: measured by itself, ", both.Told[^1], StringComparison.Ordinal);
        Assert.EndsWith("commit later", both.Told[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_part_that_was_not_measured_or_less_often_takes_no_place()
    {
        var full = Of("one", 1);
        Assert.Contains("./run bench --only two", Assert.Throws<FormatException>(() => full.With(Of("one", 2), ["one", "two"])).Message, StringComparison.Ordinal);
        Assert.Contains("of 5 rounds", Assert.Throws<FormatException>(() => full.With(Of("one", 2) with { Rounds = 5 }, ["one"])).Message, StringComparison.Ordinal);
    }

    private static Findings Of(string part, double value)
    {
        var found = RowTests.Found([new Figure("a figure", "ms", [value])]);
        return found with { Rows = [.. found.Rows.Select(r => r with { Part = part })] };
    }
}
