using System.Globalization;
using Xunit.Abstractions;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>Nobody trusts an elector that was only shown to work: thousands of histories try to break it.</summary>
/// <remarks>
/// The first seed is fixed, so that a run does the same each time. A longer run, or one of other seeds, is
/// <c>HISTORIES=1000000 FIRST_SEED=500000 dotnet test tests/Election.Tests --filter Histories_keep_every_rule</c>; a
/// failure says how to replay it.
/// </remarks>
public sealed class HistoriesTests(ITestOutputHelper output)
{
    private const int Usual = 20_000;

    [Fact]
    public void Histories_keep_every_rule()
    {
        var count = (int)FromEnvironment("HISTORIES", Usual);
        var figures = Exploration.Explore(FromEnvironment("FIRST_SEED", 1), count, TimeSpan.FromMinutes(60), threads: 2);
        output.WriteLine(figures.ToString());
        if (figures.Failures is not [var failure, ..])
            return;
        var seed = failure.Plan.Seed;
        Assert.Fail(
            $"""
            seed {seed} breaks {failure.Checker}; to replay it:
            HISTORIES=1 FIRST_SEED={seed} dotnet test tests/Election.Tests --filter Histories_keep_every_rule
            {Shrinking.Shrink(failure).Text()}
            """);
    }

    [Fact]
    public void A_seed_replays_the_same_history_on_any_thread()
    {
        var here = Hashes();
        ulong[]? there = null;
        var thread = new Thread(() => there = Hashes());
        thread.Start();
        thread.Join();
        Assert.Equal(here, there);

        static ulong[] Hashes() => [.. Enumerable.Range(1, 60).Select(i =>
        {
            var seed = (ulong)i;
            var history = new History(PlanDrawing.Draw(seed, Exploration.KindOf(seed), WorldMistake.None));
            Assert.Null(history.Run());
            return history.Log.Hash;
        })];
    }

    private static ulong FromEnvironment(string name, ulong usual) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? ulong.Parse(text, CultureInfo.InvariantCulture) : usual;
}
