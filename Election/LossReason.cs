namespace AspireElection;

/// <summary>Why a leadership ended.</summary>
public enum LossReason
{
    /// <summary>It was given back by the leader: it resigned, or disposed what it held.</summary>
    Resigned,

    /// <summary>No renewal was confirmed before the end of trust.</summary>
    Expired,

    /// <summary>The store answered that the term does not hold the seat any more.</summary>
    Lost,

    /// <summary>It was handed over to a candidate of strictly higher priority.</summary>
    Preempted,

    /// <summary>The candidate was stopped.</summary>
    Stopped,
}
