using System.Globalization;
using Xunit.Abstractions;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>Nobody trusts an elector that was only shown to work: thousands of histories try to break it.</summary>
/// <remarks>
/// The first seed is fixed, so that a run does the same each time. A longer run, or one of other seeds, is
/// <c>HISTORIES=1000000 FIRST_SEED=500000 dotnet test tests/Election.Tests --filter Histories_keep_every_rule</c>, with
/// <c>ONLY_STORE=Folder</c> of one kind of store; a failure says how to replay it.
/// </remarks>
public sealed class HistoriesTests(ITestOutputHelper output)
{
    private const int Usual = 20_000;

    /// <summary>They may take 120 s on two idle cores, and need 80 there; but they run on what other tests leave of the cores.</summary>
    private static readonly TimeSpan LongestUsual = TimeSpan.FromMinutes(12);

    [Fact, Trait("Pace", "long")]
    public void Histories_keep_every_rule()
    {
        var count = (int)FromEnvironment("HISTORIES", Usual);
        var only = Environment.GetEnvironmentVariable("ONLY_STORE") is { Length: > 0 } store ? Enum.Parse<StoreKind>(store) : (StoreKind?)null;
        var figures = Exploration.Explore(FromEnvironment("FIRST_SEED", 1), count, TimeSpan.FromMinutes(60), threads: 2, only);
        output.WriteLine(figures.ToString());
        if (figures.Failures is not [var failure, ..])
        {
            Assert.Equal(count, figures.Histories);
            Assert.True(count > Usual || figures.Elapsed < LongestUsual, $"{count} histories took {figures.Elapsed.TotalSeconds:0} s");
            return;
        }

        var seed = failure.Plan.Seed;
        Assert.Fail(
            $"""
            seed {seed} breaks {failure.Checker}; to replay it:
            HISTORIES=1 FIRST_SEED={seed} ONLY_STORE={failure.Plan.Kind} dotnet test tests/Election.Tests --filter Histories_keep_every_rule
            {string.Join(Environment.NewLine, figures.Failures.Skip(1).Select(f => $"also seed {f.Plan.Seed} ({f.Plan.Kind}): {f.Checker}: {f.Message}"))}
            {Shrinking.Shrink(failure).Text()}
            """);
    }

    /// <summary>What they found is written down in docs/decisions.md.</summary>
    [Theory]
    [InlineData(39090, StoreKind.Lease)]
    [InlineData(63634, StoreKind.Folder)]
    [InlineData(96825, StoreKind.Session)]
    [InlineData(3160, StoreKind.Folder)]
    [InlineData(14300, StoreKind.Lease)]
    [InlineData(10875, StoreKind.Session)]
    [InlineData(19777, StoreKind.Session)]
    [InlineData(642630, StoreKind.Lease)]
    [InlineData(963940, StoreKind.Folder)]
    [InlineData(1005569, StoreKind.Folder)]
    [InlineData(401075, StoreKind.Folder)]
    [InlineData(411264, StoreKind.Folder)]
    [InlineData(412264, StoreKind.Folder)]
    [InlineData(8800690, StoreKind.Folder)]
    public void A_history_beyond_the_usual_ones_that_once_failed_keeps_every_rule(int seed, object store) =>
        Assert.Null(Exploration.Run((ulong)seed, (StoreKind)store)?.Text());

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
