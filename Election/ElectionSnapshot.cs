namespace AspireElection;

/// <summary>An election as one node sees it at one moment; made from memory, without asking the store.</summary>
/// <param name="Election">The election's name.</param>
/// <param name="Store">The kind of store.</param>
/// <param name="Id">This node.</param>
/// <param name="Role">What this node is.</param>
/// <param name="Term">The fencing token of the leadership seen now, 0 before the first; its own where it leads.</param>
/// <param name="IsLeader">Whether this node leads, worked out for this snapshot.</param>
/// <param name="Leader">Who leads, null when nobody is known to.</param>
/// <param name="LeaseRemaining">What is left of the leader's lease as far as this node knows.</param>
/// <param name="Priority">This node's priority.</param>
/// <param name="Transitions">How many leaders this node has seen so far.</param>
/// <param name="Members">All members as of the last heartbeat; in role and term, this node and who leads are as they are in this snapshot, and nobody else leads.</param>
public sealed record ElectionSnapshot(
    string Election,
    string Store,
    CandidateId Id,
    Role Role,
    long Term,
    bool IsLeader,
    Leader? Leader,
    TimeSpan LeaseRemaining,
    int Priority,
    int Transitions,
    IReadOnlyList<Member> Members)
{
    /// <summary>How long the last heartbeat that the store answered took, there and back; null before the first.</summary>
    public TimeSpan? StoreRoundTrip { get; init; }
}
