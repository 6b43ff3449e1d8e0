namespace AspireElection.Stores.Quorum.Protocol;

/// <summary>Why an entry was not taken into the log.</summary>
internal enum Refusal
{
    None = 0,

    /// <summary>This peer does not lead that term, or has begun to give it back.</summary>
    NotLeader,

    /// <summary>Too many entries wait for a majority.</summary>
    Busy,

    /// <summary>Only peers of the list can become eligible.</summary>
    UnknownPeer,

    /// <summary>It is eligible already, though perhaps not yet by a committed entry.</summary>
    AlreadyEligible,

    /// <summary>The peer does not answer, or its log is too far behind to count it for majorities.</summary>
    Behind,

    /// <summary>The change before is not committed yet, or no majority has confirmed a lease under it: try again.</summary>
    ChangePending,
}

/// <summary>Whether an entry was taken into the leader's log; it counts once an entry of this index and term is committed.</summary>
internal readonly record struct Proposal(long Index, Refusal Refused)
{
    public bool Taken => Refused == Refusal.None;

    public static implicit operator Proposal(Refusal refused) => new(0, refused);
}
