namespace AspireElection;

/// <summary>Who stands in an election: a node, and the one life of it that stands.</summary>
/// <param name="NodeId">The node's name, 1–128 characters of <c>A-Z a-z 0-9 . _ -</c>; compared ordinally.</param>
/// <param name="Incarnation">
/// A nonce that is new for each start of a candidate, so that a restarted node, or a second process with the same
/// name, can neither renew nor release a term that is not its own.
/// </param>
public readonly record struct CandidateId(string NodeId, string Incarnation)
{
    /// <summary>
    /// The incarnation without its nonce where the host named the instance (<see cref="ElectionOptions.InstanceId"/>),
    /// else the incarnation itself.
    /// </summary>
    public string InstanceId => Incarnation.LastIndexOf('.') is var dot and > 0 ? Incarnation[..dot] : Incarnation;

    /// <summary>A new incarnation of a node.</summary>
    internal static CandidateId New(string nodeId, string? instanceId, Random random)
    {
        var nonce = random.NextInt64(1L << 48).ToString("x12", System.Globalization.CultureInfo.InvariantCulture);
        return new CandidateId(nodeId, instanceId is { Length: > 0 } ? $"{instanceId}.{nonce}" : nonce);
    }

    /// <summary>Node and incarnation, for logs.</summary>
    public override string ToString() => $"{NodeId}#{Incarnation}";
}
