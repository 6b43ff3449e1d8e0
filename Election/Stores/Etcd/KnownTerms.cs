namespace AspireElection.Stores.Etcd;

/// <summary>
/// The terms that this process knows of and that may still be trusted. A server that was wiped shows an empty seat; it is
/// not taken before the end of these terms, unless the server's own record shows that they are over. More than one,
/// because the record of a later life of the data says nothing of a term before it.
/// </summary>
internal sealed class KnownTerms(TimeProvider clock)
{
    /// <summary>Far more than are trusted at once; what is dropped then is what ends first.</summary>
    private const int Most = 16;

    private readonly Lock _gate = new();
    private readonly List<(Leader Leader, long EndsAt)> _terms = [];

    public void Hear(Sighting? sighting)
    {
        if (sighting is not { Leader: { Incarnation.Length: > 0 } leader })
            return;
        lock (_gate)
        {
            _terms.RemoveAll(t => t.EndsAt <= clock.GetTimestamp());
            // A lower number is news from before; only after the known ends is it a store that lost its data.
            if (_terms.Exists(t => t.Leader.Term > leader.Term))
                return;
            _terms.RemoveAll(t => t.Leader.Term == leader.Term);
            _terms.Add((leader, sighting.EndsAt));
            if (_terms.Count > Most)
                _terms.Remove(_terms.MinBy(t => t.EndsAt));
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
            foreach (var (leader, endsAt) in _terms)
            {
                if (Blocks(leader, endsAt) is { } blocked)
                    until = Math.Max(until ?? long.MinValue, blocked);
            }
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
