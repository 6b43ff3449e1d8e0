using AspireElection.Stores.InProcess;

namespace AspireElection.Tests.Core;

public sealed class OptionsTests
{
    [Fact]
    public void Defaults_are_fine() => Assert.Empty(ElectionOptionsValidator.Problems("jobs", new ElectionOptions { NodeId = "node-1" }));

    [Fact]
    public void All_problems_are_reported_at_once_with_value_and_what_is_allowed()
    {
        var problems = ElectionOptionsValidator.Problems("no spaces", new ElectionOptions
        {
            NodeId = "",
            LeaseDuration = TimeSpan.FromSeconds(10),
            Margin = TimeSpan.FromSeconds(10),
            RenewPeriod = TimeSpan.FromSeconds(6),
            RetryPeriod = TimeSpan.FromSeconds(10),
            DrainLimit = TimeSpan.FromSeconds(-1),
            NodeTimeout = TimeSpan.FromSeconds(10),
        });
        Assert.Equal(
            ["Election", "NodeId", "Margin", "RenewPeriod", "RetryPeriod", "DrainLimit", "NodeTimeout"],
            problems.Select(p => p.Setting));
        Assert.Equal(new ElectionOptionsProblem("RetryPeriod", "10s", "above 0, below the lease duration of 10s"), problems[4]);
    }

    [Theory]
    [InlineData(99, "LeaseDuration")]
    [InlineData(100, null)]
    public void The_shortest_lease_is_100_ms(int milliseconds, string? problem)
    {
        var problems = ElectionOptionsValidator.Problems(
            "jobs", new ElectionOptions { NodeId = "a", LeaseDuration = TimeSpan.FromMilliseconds(milliseconds) });
        Assert.Equal(problem, problems.SingleOrDefault()?.Setting);
    }

    [Theory]
    [InlineData(4_500, true)]
    [InlineData(4_501, false)]
    public void A_renew_period_is_at_most_half_of_lease_minus_margin(int milliseconds, bool allowed)
    {
        var problems = ElectionOptionsValidator.Problems(
            "jobs", new ElectionOptions { NodeId = "a", RenewPeriod = TimeSpan.FromMilliseconds(milliseconds) });
        Assert.Equal(allowed, problems.Count == 0);
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("A-z_0.9", true)]
    [InlineData("", false)]
    [InlineData("ä", false)]
    [InlineData("a b", false)]
    [InlineData("a\n", false)]
    [InlineData("a/b", false)]
    public void Names(string name, bool allowed) => Assert.Equal(allowed, ElectionOptionsValidator.IsName(name));

    [Fact]
    public void A_name_has_at_most_128_characters()
    {
        Assert.True(ElectionOptionsValidator.IsName(new string('a', 128)));
        Assert.False(ElectionOptionsValidator.IsName(new string('a', 129)));
    }

    [Fact]
    public async Task A_candidate_refuses_wrong_options_and_a_second_start()
    {
        await using var store = new InProcessStore(TimeProvider.System);
        var wrong = Assert.Throws<ArgumentException>(
            () => new Candidate("jobs", store, new ElectionOptions { NodeId = "a b", LeaseDuration = TimeSpan.Zero }));
        Assert.Contains("NodeId is 'a b'", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("LeaseDuration is 0s", wrong.Message, StringComparison.Ordinal);
        await using var candidate = new Candidate("jobs", store, new ElectionOptions { NodeId = "a" });
        await candidate.StartAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(candidate.StartAsync);
    }
}
