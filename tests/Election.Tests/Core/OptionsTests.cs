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

    /// <summary>Heartbeat interval, election timeout and node timeout, and what belongs to them: each at its limit and just beyond.</summary>
    [Theory]
    [InlineData("Margin", 0, null)]
    [InlineData("Margin", 3_333, null)]
    [InlineData("Margin", 3_334, "RenewPeriod")]
    [InlineData("Margin", -1, "Margin")]
    [InlineData("RenewPeriod", 1, null)]
    [InlineData("RenewPeriod", 0, "RenewPeriod")]
    [InlineData("RetryPeriod", 9_999, null)]
    [InlineData("RetryPeriod", 10_000, "RetryPeriod")]
    [InlineData("RetryPeriod", 0, "RetryPeriod")]
    [InlineData("NodeTimeout", 10_001, null)]
    [InlineData("NodeTimeout", 10_000, "NodeTimeout")]
    [InlineData("NodeTimeout", 5_000, "NodeTimeout")]
    [InlineData("DrainLimit", 0, null)]
    [InlineData("DrainLimit", -1, "DrainLimit")]
    public void Durations_fit_the_lease_of_10_s_and_each_other(string setting, int milliseconds, string? problem)
    {
        var options = new ElectionOptions { NodeId = "a" };
        typeof(ElectionOptions).GetProperty(setting)!.SetValue(options, TimeSpan.FromMilliseconds(milliseconds));
        Assert.Equal(problem, ElectionOptionsValidator.Problems("jobs", options).SingleOrDefault()?.Setting);
    }

    public static TheoryData<string> Durations =>
        [.. typeof(ElectionOptions).GetProperties().Where(p => (Nullable.GetUnderlyingType(p.PropertyType) ?? p.PropertyType) == typeof(TimeSpan)).Select(p => p.Name)];

    [Theory]
    [MemberData(nameof(Durations))]
    public void A_duration_above_24_h_or_far_below_0_is_a_problem_and_no_exception(string setting)
    {
        foreach (var wrong in (TimeSpan[])[TimeSpan.MaxValue, TimeSpan.FromHours(24) + TimeSpan.FromTicks(1), TimeSpan.MinValue, -TimeSpan.FromDays(2)])
        {
            var options = new ElectionOptions { NodeId = "a b" };
            typeof(ElectionOptions).GetProperty(setting)!.SetValue(options, wrong);
            var problems = ElectionOptionsValidator.Problems("jobs", options);
            Assert.Equal(["NodeId", setting], problems.Select(p => p.Setting));
            Assert.Equal("at most 24h, and not below 0", problems[1].Allowed);
        }
    }

    [Fact]
    public void The_longest_lease_is_24_h()
    {
        var options = new ElectionOptions { NodeId = "a", LeaseDuration = TimeSpan.FromHours(24), DrainLimit = TimeSpan.FromHours(24) };
        Assert.Empty(ElectionOptionsValidator.Problems("jobs", options));
    }

    [Fact]
    public void A_longer_lease_needs_a_longer_node_timeout_and_a_shorter_one_a_shorter_renew_period()
    {
        var options = new ElectionOptions { NodeId = "a", RenewPeriod = TimeSpan.FromSeconds(2), NodeTimeout = TimeSpan.FromSeconds(20) };
        Assert.Empty(ElectionOptionsValidator.Problems("jobs", options));
        options.LeaseDuration = TimeSpan.FromSeconds(20);
        Assert.Equal("NodeTimeout", Assert.Single(ElectionOptionsValidator.Problems("jobs", options)).Setting);
        options.LeaseDuration = TimeSpan.FromSeconds(4);
        Assert.Equal("RenewPeriod", Assert.Single(ElectionOptionsValidator.Problems("jobs", options)).Setting);
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
