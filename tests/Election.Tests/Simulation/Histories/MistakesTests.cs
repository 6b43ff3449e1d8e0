using Xunit.Abstractions;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>The checkers are shown to fail: each mistake that is built into the world is noticed.</summary>
public sealed class MistakesTests(ITestOutputHelper output)
{
    private const int Most = 8000;

    [Fact]
    public void Each_mistake_of_the_world_is_noticed_by_a_checker()
    {
        var missed = new List<WorldMistake>();
        foreach (var mistake in Enum.GetValues<WorldMistake>().Where(m => m != WorldMistake.None))
        {
            var figures = Exploration.Explore(1, Most, TimeSpan.FromSeconds(120), threads: 2, StoreOf(mistake), mistake, enough: 1);
            var caught = figures.Failures is [var failure, ..] ? $"{failure.Checker}, seed {failure.Plan.Seed}" : "not noticed";
            output.WriteLine($"{mistake,-28} {caught,-40} {figures.Histories} histories");
            if (figures.Failures.Count == 0)
                missed.Add(mistake);
        }

        Assert.Empty(missed);
    }

    /// <summary>The store in which the mistake can be made; any where it is not the store's.</summary>
    private static StoreKind? StoreOf(WorldMistake mistake) => mistake switch
    {
        WorldMistake.AnchorIsBeforeTheWait or WorldMistake.NoTermStatement or WorldMistake.NoGraceForWaiters => StoreKind.Session,
        WorldMistake.ClockStandsStillInASuspend or WorldMistake.RegisterComparesNoToken => null,
        _ => StoreKind.Lease,
    };
}
