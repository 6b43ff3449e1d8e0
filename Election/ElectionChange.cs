namespace AspireElection;

/// <summary>Something that happened in an election, as this node saw it.</summary>
/// <param name="At">When this node saw it, by its wall clock, for people; of a leadership that ended, when it ended.</param>
public abstract record ElectionChange(DateTimeOffset At)
{
    /// <summary>This node became leader.</summary>
    public sealed record BecameLeader(DateTimeOffset At, Leadership Leadership) : ElectionChange(At);

    /// <summary>This node's leadership ended.</summary>
    public sealed record LostLeadership(DateTimeOffset At, Leadership Leadership, LossReason Reason) : ElectionChange(At);

    /// <summary>Somebody became leader: another node, or this one.</summary>
    public sealed record NewLeader(DateTimeOffset At, Leader Leader) : ElectionChange(At);

    /// <summary>After <see cref="Leaderless"/>: nobody became leader, the one before is heard of again, and its term went on.</summary>
    public sealed record LeaderAgain(DateTimeOffset At, Leader Leader) : ElectionChange(At);

    /// <summary>The seat is free, or its holder is silent.</summary>
    public sealed record Leaderless(DateTimeOffset At) : ElectionChange(At);
}
