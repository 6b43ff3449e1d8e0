namespace AspireElection.Tests.Simulation.Histories;

/// <summary>What becomes of the messages on one line now: the faults that act on it, and how long a message takes.</summary>
/// <param name="dice">Chance.</param>
/// <param name="usualDelay">About how long a message takes where nothing fails, in ticks.</param>
/// <param name="resends">What is lost is sent again and late, rather than never heard of: one connection that keeps its order.</param>
internal sealed class Weather(Dice dice, long usualDelay, bool resends)
{
    private readonly List<Fault> _acting = [];

    /// <summary>Nothing is lost for good but with its connection.</summary>
    public bool Resends => resends;

    public bool IsFair => _acting.Count == 0;

    /// <summary>When the last fault on the line ended; the world's beginning when there was none.</summary>
    public long FairSince { get; private set; } = long.MinValue;

    public void Begin(Fault fault) => _acting.Add(fault);

    public void End(Fault fault, long now)
    {
        _acting.Remove(fault);
        FairSince = now;
    }

    public Passage Pass(Way way)
    {
        var delay = usualDelay / 4 + dice.NextInt64(usualDelay);
        if (_acting.Count == 0)
            return new Passage(delay);
        var passage = new Passage(delay);
        foreach (var fault in _acting)
            passage = Suffer(passage, fault, way);
        return passage;
    }

    private Passage Lose(Passage passage, Fault fault) =>
        resends ? passage with { Delay = passage.Delay + dice.NextInt64(fault.Amount) } : passage with { Lost = true };

    private Passage Suffer(Passage passage, Fault fault, Way way) => fault.Kind switch
    {
        FaultKind.Partition or FaultKind.PartitionOfRequests when way == Way.Request => passage with { Blocked = fault },
        FaultKind.Partition or FaultKind.PartitionOfReplies when way != Way.Request => passage with { Blocked = fault },
        FaultKind.Delay => passage with { Delay = passage.Delay + dice.NextInt64(fault.Amount), Overtakes = true },
        FaultKind.LostRequests when way == Way.Request && dice.Hits(fault.Chance) => Lose(passage, fault),
        FaultKind.LostReplies when way == Way.Reply && dice.Hits(fault.Chance) => Lose(passage, fault),
        FaultKind.LostNews when way == Way.News && dice.Hits(fault.Chance) => Lose(passage, fault),
        FaultKind.Errors when way != Way.News && dice.Hits(fault.Chance / 2) => passage with { Fails = true },
        _ => passage,
    };
}

/// <summary>Which way a message goes.</summary>
internal enum Way
{
    Request,
    Reply,
    News,
}

/// <summary>How one message fares.</summary>
/// <param name="Delay">Its time on the way, in ticks.</param>
/// <param name="Overtakes">It keeps no order with those before it.</param>
/// <param name="Lost">It never arrives, and nobody is told.</param>
/// <param name="Fails">It never arrives, and who waits for it is told so at once.</param>
/// <param name="Blocked">A partition stands in its way.</param>
internal readonly record struct Passage(long Delay, bool Overtakes = false, bool Lost = false, bool Fails = false, Fault? Blocked = null);
