namespace AspireElection.Tests.Simulation.Histories;

/// <summary>Draws a plan from a seed: most are small, some have all nodes and sixty leases.</summary>
internal static class PlanDrawing
{
    private const long Millisecond = TimeSpan.TicksPerMillisecond;

    public static Plan Draw(ulong seed, StoreKind kind, WorldMistake mistake)
    {
        var dice = new Dice(seed).For((ulong)kind + 1);
        var lease = TimeSpan.FromMilliseconds(dice.Pick(300, 500, 1000, 2000, 10_000));
        // Whole seconds, and two at least.
        if (kind == StoreKind.Queue && lease < TimeSpan.FromSeconds(2))
            lease = TimeSpan.FromSeconds(lease < TimeSpan.FromSeconds(1) ? 2 : 3);
        var wide = dice.Hits(0.3);
        var (slowest, fastest) = wide ? (0.81, 1.19) : (1.0, 1.095);
        // A time service keeps the wall clocks of some worlds; in the others they are off, go wrong and are stepped.
        var wallsAgree = dice.Hits(0.4);
        var nodes = Enumerable.Range(0, dice.Pick(2, 2, 3, 3, 3, 4, 5)).Select(i => new NodePlan(
            dice.Pick(0, 0, 0, 0, 5, 10),
            dice.Between(slowest, fastest),
            dice.Between(0, 1_000_000_000_000L),
            wallsAgree ? 0 : dice.Between(-36_000_000_000L, 36_000_000_000L),
            i == 0 ? 0 : dice.Hits(0.8) ? dice.Between(0L, lease.Ticks) : -1,
            dice.Pick(WorkStyle.StopsAtOnce, WorkStyle.StopsAtOnce, WorkStyle.StopsAtOnce, WorkStyle.DrainsSlowly, WorkStyle.IgnoresItsToken, WorkStyle.Throws))).ToList();
        var leases = dice.Hits(0.05) ? 60 : dice.Hits(0.2) ? dice.Next(15, 40) : dice.Next(4, 15);
        var until = leases * lease.Ticks;
        var faults = FaultDrawing.Draw(dice.For(99), kind, lease.Ticks, nodes.Count, until)
            .Where(f => !wallsAgree || f.Kind != FaultKind.WallStep).ToList();
        var sides = kind == StoreKind.Shared ? dice.For(96).Next(1, 4) : 0;
        if (sides > 0)
            faults = [.. faults.Concat(FaultDrawing.DrawOfSessions(dice.For(95), lease.Ticks, nodes.Count, 1 + sides, until)).OrderBy(f => f.At)];
        return new Plan(
            seed,
            kind,
            mistake,
            lease,
            wide ? lease / 3 : null,
            TimeSpan.FromTicks(dice.Pick(lease.Ticks / 2, lease.Ticks, lease.Ticks * 2)),
            dice.Between(slowest, fastest),
            dice.Pick(Millisecond / 2, Millisecond, Millisecond * 2, Millisecond * 5),
            dice.Hits(0.5),
            wallsAgree,
            nodes,
            faults,
            Math.Max(lease.Ticks, faults.Select(f => f.EndsAt).DefaultIfEmpty().Max()))
        {
            StoreHasNoBounds = dice.For(98).Hits(0.25),
            Sides = sides,
        };
    }
}
