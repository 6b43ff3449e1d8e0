using System.Globalization;
using Xunit.Abstractions;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>Histories of elections that share sessions: the code above the sessions is the one that runs in production.</summary>
/// <remarks>
/// More of them: <c>HISTORIES=20000 FIRST_SEED=500000 ONLY_STORE=Shared dotnet test tests/Election.Tests --filter Histories_keep_every_rule</c>.
/// </remarks>
public sealed class SharedHistoriesTests(ITestOutputHelper output)
{
    /// <summary>Each has the candidates of several elections, and takes as long as three others.</summary>
    private const int Usual = 200;

    /// <summary>Of the long run's, which asks for a hundred thousand of the others.</summary>
    private const int Part = 10;

    [Fact, Trait("Pace", "long")]
    public void Histories_with_shared_sessions_keep_every_rule()
    {
        var count = Environment.GetEnvironmentVariable("HISTORIES") is { Length: > 0 } asked
            ? int.Parse(asked, CultureInfo.InvariantCulture) / Part
            : Usual;
        var figures = Exploration.Explore(1, count, TimeSpan.FromMinutes(30), threads: 2, StoreKind.Shared);
        output.WriteLine(figures.ToString());
        Assert.Null(figures.Failures.Count > 0 ? Shrinking.Shrink(figures.Failures[0]).Text() : null);
        Assert.Equal(count, figures.Histories);
    }

    [Fact]
    public void A_seed_replays_the_same_history_and_terms_beside_an_ended_session_are_looked_after()
    {
        var here = Run();
        (ulong Hash, int Asked)[]? there = null;
        var thread = new Thread(() => there = Run());
        thread.Start();
        thread.Join();
        Assert.Equal(here, there);
        Assert.True(here.Sum(h => h.Asked) > 0, "no history asked whether the loss of a session is confined");

        static (ulong Hash, int Asked)[] Run() => [.. Enumerable.Range(1, 30).Select(i =>
        {
            var history = new History(PlanDrawing.Draw((ulong)i, StoreKind.Shared, WorldMistake.None));
            Assert.Null(history.Run());
            return (history.Log.Hash, history.Apart!.Asked);
        })];
    }

    /// <summary>What they found is written down in docs/decisions.md.</summary>
    [Theory]
    [InlineData(233)]
    [InlineData(447)]
    [InlineData(863)]
    [InlineData(5001427)]
    [InlineData(5003548)]
    public void A_history_that_once_failed_keeps_every_rule(int seed) =>
        Assert.Null(Exploration.Run((ulong)seed, StoreKind.Shared)?.Text());
}
