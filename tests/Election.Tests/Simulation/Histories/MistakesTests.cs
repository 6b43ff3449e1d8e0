using Xunit.Abstractions;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>The checkers are shown to fail: each mistake that is built into the world is noticed.</summary>
public sealed class MistakesTests(ITestOutputHelper output)
{
    private const int Most = 12_000;

    [Fact, Trait("Pace", "long")]
    public void Each_mistake_of_the_world_is_noticed_by_a_checker()
    {
        var missed = new List<string>();
        foreach (var (mistake, store) in Enum.GetValues<WorldMistake>().Where(m => m != WorldMistake.None).SelectMany(m => StoresOf(m).Select(s => (m, s))))
        {
            var figures = Exploration.Explore(FirstSeedOf(mistake), Most, TimeSpan.FromMinutes(10), threads: 2, store, mistake, enough: 1);
            var caught = figures.Failures is [var failure, ..] ? $"{failure.Checker}, seed {failure.Plan.Seed}" : "not noticed";
            output.WriteLine($"{mistake,-28} {store,-8} {caught,-40} {figures.Histories} histories");
            if (figures.Failures.Count == 0)
                missed.Add($"{mistake} {store}");
        }

        Assert.Empty(missed);
    }

    /// <summary>Since terms of files are numbered by the time, only a write that was held up over a wipe shows that mistake: few histories have one.</summary>
    private static ulong FirstSeedOf(WorldMistake mistake) => mistake == WorldMistake.RenewalLooksAtNothing ? 21_001UL : 1;

    /// <summary>The stores in which the mistake can be made; any where it is not the store's.</summary>
    private static StoreKind?[] StoresOf(WorldMistake mistake) => mistake switch
    {
        WorldMistake.ClockStandsStillInASuspend or WorldMistake.RegisterComparesNoToken => [null],
        WorldMistake.NoTermStatement or WorldMistake.NoGraceForWaiters => [StoreKind.Session],
        WorldMistake.MessageIsAGrant => [StoreKind.Queue],
        WorldMistake.AnchorIsBeforeTheWait => [StoreKind.Session, StoreKind.Queue],
        WorldMistake.RenewWithoutComparing or WorldMistake.NoWipeGuard => [StoreKind.Lease, StoreKind.Queue],
        WorldMistake.TokenFromAWipedCounter => [StoreKind.Lease, StoreKind.Session, StoreKind.Queue],
        WorldMistake.RenewalLooksAtNothing or WorldMistake.TakerLooksAtNothing => [StoreKind.Folder],
        _ => [StoreKind.Lease],
    };
}
