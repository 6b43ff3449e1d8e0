namespace AspireElection.Stores.Etcd;

/// <summary>
/// The newest term that this process knows of and that may still be trusted. A server that was wiped shows an empty
/// seat; it is not taken before the end of this term, unless the server's own record shows that the term is over.
/// </summary>
internal sealed class KnownTerm(TimeProvider clock)
{
    private readonly Lock _gate = new();
    private Leader? _leader;
    private long _endsAt;

    public void Hear(Sighting? sighting)
    {
        if (sighting is not { Leader: { Incarnation.Length: > 0 } leader })
            return;
        lock (_gate)
        {
            // A lower number is news from before; only after the known end is it a store that lost its data.
            if (_leader is null || leader.Term >= _leader.Term || _endsAt <= clock.GetTimestamp())
                (_leader, _endsAt) = (leader, sighting.EndsAt);
        }
    }

    /// <summary>Until when the seat must not be taken; null when it may be.</summary>
    /// <param name="candidacy">Who wants it; its own past terms do not count, because it has stopped leading.</param>
    /// <param name="record">
    /// The server's record. It has the known term in its own life of the data: then the end of that term's key was the
    /// server's own doing, or its holder's.
    /// </param>
    public long? BlocksUntil(Candidacy candidacy, TermRecord? record)
    {
        long? until = null;
        lock (_gate)
        {
            if (_leader is not null)
                until = Blocks(_leader, _endsAt);
        }

        if (candidacy.LastSeen is { Leader: { Incarnation.Length: > 0 } seen, EndsAt: var end } && Blocks(seen, end) is { } told)
            until = Math.Max(until ?? long.MinValue, told);
        return until;

        long? Blocks(Leader leader, long endsAt) =>
            endsAt <= clock.GetTimestamp() || new CandidateId(leader.NodeId, leader.Incarnation) == candidacy.Id ||
            (record is not null && record.First <= leader.Term && leader.Term <= record.Token)
                ? null
                : endsAt;
    }
}
