namespace AspireElection.Stores.Quorum.Protocol;

/// <summary>A candidacy that waits at this peer.</summary>
/// <param name="Priority">Higher is preferred; ties go to the lower <see cref="Name"/>, then to the lower peer id, compared ordinally.</param>
/// <param name="Lease">Of the term that it would win.</param>
/// <param name="Holder">Data of the term's first entry: who holds the seat.</param>
internal sealed record Standing(int Priority, TimeSpan Lease, byte[] Holder)
{
    /// <summary>Of the node that stands; usually the peer's id.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>The new term is no lower than this: tokens grow over lost data as well.</summary>
    public long AtLeast { get; init; }
}

/// <summary>What a peer is at the moment.</summary>
internal enum RaftRole
{
    Follower,

    /// <summary>Asks whether it would be voted for.</summary>
    PreCandidate,

    Candidate,

    /// <summary>Won its term; whether it was <see cref="Elected"/> yet is another matter.</summary>
    Leader,
}
