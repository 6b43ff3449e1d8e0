namespace AspireElection.Dashboard.Drills;

/// <summary>A drill and what came of it; never changed, only replaced.</summary>
internal sealed record Drill
{
    /// <summary>Counts from one in the life of this dashboard.</summary>
    public int Number { get; init; }

    public required DateTimeOffset At { get; init; }

    public required string Election { get; init; }

    public required DrillKind Kind { get; init; }

    /// <summary>How long it lasts, where that is chosen.</summary>
    public TimeSpan? For { get; init; }

    /// <summary>On whom; null when nobody led.</summary>
    public string? Node { get; init; }

    /// <summary>The newest term that was known before, 0 when none was.</summary>
    public long TermBefore { get; init; }

    /// <summary>Who led in that term; null when nobody was known to.</summary>
    public string? LedBefore { get; init; }

    public DrillState State { get; init; } = DrillState.Asked;

    /// <summary>Who led next; null while nobody did.</summary>
    public Leader? Next { get; init; }

    /// <summary>From sending the call to the sight of the next leader, by the dashboard's clock.</summary>
    public TimeSpan? Failover { get; init; }

    /// <summary>What there is to say otherwise, in one line.</summary>
    public string? Note { get; init; }
}

/// <summary>How far a drill has come.</summary>
internal enum DrillState
{
    /// <summary>The node is being asked.</summary>
    Asked,

    /// <summary>The node obeys, or may; the seat is watched.</summary>
    Watched,

    /// <summary>Another term began.</summary>
    Changed,

    /// <summary>The leader stayed, or nobody came, as long as the seat was watched.</summary>
    Unchanged,

    /// <summary>The node did not obey.</summary>
    Refused,
}
