namespace AspireElection;

/// <summary>Who stands in an election: a node, and the one life of it that stands.</summary>
/// <param name="NodeId">The node's name, 1–128 characters of <c>A-Z a-z 0-9 . _ -</c>; compared ordinally.</param>
/// <param name="Incarnation">
/// A nonce that is new for each start of a candidate, so that a restarted node, or a second process with the same
/// name, can neither renew nor release a term that is not its own.
/// </param>
public readonly record struct CandidateId(string NodeId, string Incarnation)
{
    /// <summary>Node and incarnation, for logs.</summary>
    public override string ToString() => $"{NodeId}#{Incarnation}";
}
