namespace AspireElection.Tests.Simulation.Histories;

/// <summary>Draws the faults of a history: few kinds in each, so that one seed tells something.</summary>
internal static class FaultDrawing
{
    private const long Millisecond = TimeSpan.TicksPerMillisecond;

    private static readonly FaultKind[] s_kinds = [.. Enum.GetValues<FaultKind>().Where(k => k is not (FaultKind.SlowSession or FaultKind.RowLock))];

    public static List<Fault> Draw(Dice dice, StoreKind store, long lease, int nodes, long until)
    {
        var kinds = Enumerable.Range(0, dice.Next(1, 6)).Select(_ => Of(store, s_kinds[dice.Next(s_kinds.Length)])).Distinct().ToArray();
        var faults = new List<Fault>();
        var count = dice.Hits(0.05) ? 0 : 1 + dice.Next((int)(until / lease));
        for (var i = 0; i < count; i++)
        {
            var fault = One(dice, dice.Pick<FaultKind>(kinds), lease, nodes, dice.NextInt64(until));
            faults.Add(fault);
            // Slow and then cut off: what was late in between is all that a leader has to go by.
            if (fault.Kind == FaultKind.Delay && dice.Hits(0.5))
                faults.Add(new Fault(FaultKind.Partition, fault.At + dice.NextInt64(fault.Length), 2 * lease, fault.Nodes, Keeps: dice.Hits(0.5)));
        }

        for (var i = dice.Hits(0.2) ? dice.Next(1, 4) : 0; i > 0; i--)
            faults.AddRange(SlowTakeover(dice, lease, nodes, dice.NextInt64(until)));
        return [.. faults.OrderBy(f => f.At)];
    }

    /// <summary>The seat changes hands while everything is slow, and soon afterwards some are cut off: the new leader perhaps.</summary>
    private static IEnumerable<Fault> SlowTakeover(Dice dice, long lease, int nodes, long at) =>
    [
        new Fault(FaultKind.Delay, at, lease / 2, (1 << nodes) - 1, Amount: lease / 3),
        new Fault(FaultKind.Resign, at + lease / 20),
        new Fault(FaultKind.Partition, at + (long)(lease * dice.Between(0.2, 0.7)), 2 * lease, 1 + dice.Next((1 << nodes) - 2)),
    ];

    /// <summary>
    /// Only sessions can be ended. A database whose rows are deleted under a living leader shows none until the next
    /// term; it is not one of the faults that are promised to be got over.
    /// </summary>
    private static FaultKind Of(StoreKind store, FaultKind kind) => (store, kind) switch
    {
        (StoreKind.Session or StoreKind.Shared, FaultKind.StoreWipe) => FaultKind.EndSession,
        (not (StoreKind.Session or StoreKind.Shared), FaultKind.EndSession) => FaultKind.StoreWipe,
        _ => kind,
    };

    /// <summary>What only shared sessions suffer from: one session ended or slow, the row of one election locked.</summary>
    public static IEnumerable<Fault> DrawOfSessions(Dice dice, long lease, int nodes, int elections, long until)
    {
        for (var i = dice.Hits(0.5) ? dice.Next(1, 6) : 0; i > 0; i--)
        {
            var at = dice.NextInt64(until);
            var window = dice.Pick(lease / 10, lease / 3, lease, lease * 2);
            yield return dice.Next(4) switch
            {
                0 => new Fault(FaultKind.SlowSession, at, window),
                1 => new Fault(FaultKind.RowLock, at, window, Amount: dice.Next(elections)),
                _ => new Fault(FaultKind.EndSession, at),
            };
        }

        // A leader that does not hear that all locks are gone: who comes first has to wait for the end of its trust.
        if (dice.Hits(0.15))
        {
            var at = dice.NextInt64(until);
            yield return new Fault(FaultKind.Partition, at, 2 * lease, 1 + dice.Next((1 << nodes) - 1), Keeps: dice.Hits(0.5));
            yield return new Fault(dice.Pick(FaultKind.StoreRestart, FaultKind.StoreRestartEmpty), at + dice.NextInt64(lease), TimeSpan.TicksPerMillisecond);
        }
    }

    private static Fault One(Dice dice, FaultKind kind, long lease, int nodes, long at)
    {
        var one = 1 << dice.Next(nodes);
        var some = dice.Hits(0.5) ? one : 1 + dice.Next((1 << nodes) - 1);
        var window = dice.Pick(lease / 10, lease / 3, lease, lease * 2, lease * 4);
        return kind switch
        {
            FaultKind.Delay => new Fault(kind, at, window, some, Amount: dice.Pick(5 * Millisecond, lease / 10, lease / 3, lease)),
            FaultKind.LostRequests or FaultKind.LostReplies or FaultKind.LostNews or FaultKind.Errors =>
                new Fault(kind, at, window, some, Amount: lease, Chance: dice.Pick(0.1, 0.5, 0.9)),
            FaultKind.Partition or FaultKind.PartitionOfRequests or FaultKind.PartitionOfReplies =>
                new Fault(kind, at, window, some, Keeps: dice.Hits(0.5)),
            FaultKind.Pause => new Fault(kind, at, dice.Pick(Millisecond, 20 * Millisecond, lease / 5, lease, 2 * lease), one),
            FaultKind.Suspend => new Fault(kind, at, dice.Pick(lease / 2, lease, 2 * lease, 5 * lease), one),
            FaultKind.WallStep => new Fault(kind, at, 0, one, Amount: dice.Between(-36_000_000_000L, 36_000_000_000L)),
            FaultKind.Crash => new Fault(kind, at, dice.Pick(0, lease / 10, lease, 3 * lease), one),
            FaultKind.Priority => new Fault(kind, at, 0, one, Amount: dice.Pick(-5, 0, 5, 10, 20)),
            FaultKind.Join or FaultKind.Leave or FaultKind.Cut => new Fault(kind, at, 0, one),
            FaultKind.StoreHang => new Fault(kind, at, dice.Pick(lease / 10, lease / 3, lease, 2 * lease)),
            FaultKind.StoreRestart or FaultKind.StoreRestartEmpty => new Fault(kind, at, dice.Pick(Millisecond, lease / 10, lease / 2, 2 * lease)),
            _ => new Fault(kind, at),
        };
    }
}
