namespace AspireElection.Stores.Redis;

/// <summary>
/// The newest term of an election that this process knows of and that may still be trusted. A server that was wiped
/// shows an empty seat; it is not taken before the end of this term, unless the server shows the release of it. Kept
/// by the store, over all attempts and watches: each of them may begin after the wipe and know nothing.
/// </summary>
internal sealed class KnownTerm(TimeProvider clock)
{
    private readonly Lock _gate = new();
    private long _token;
    private long _endsAt;
    private string _holder = string.Empty;

    /// <summary>Its token and its end; nothing when the end has passed.</summary>
    /// <param name="candidate">Whose own past terms do not count: who asks for the seat has stopped leading.</param>
    public (long Token, long EndsAt) For(string candidate)
    {
        lock (_gate)
            return _holder == candidate || _endsAt <= clock.GetTimestamp() ? (0, long.MinValue) : (_token, _endsAt);
    }

    /// <summary>Keeps what was heard of the seat. An empty one without the release says nothing of the term.</summary>
    public void Hear(SeatState state, long endsAt)
    {
        lock (_gate)
        {
            if (state.Kind == SeatKind.Held)
                Know(state.Token, state.Holder, endsAt);
            else if (state.WasReleased && state.Released == _token)
                _endsAt = long.MinValue;
        }
    }

    /// <summary>Keeps what the candidate was told elsewhere, or in an earlier life of the store.</summary>
    public void Hear(Sighting? seen)
    {
        if (seen is not { Leader: { } leader })
            return;
        lock (_gate)
        {
            // A released term may be seen late, from before its release.
            if (leader.Term > _token)
                Know(leader.Term, new CandidateId(leader.NodeId, leader.Incarnation).ToString(), seen.EndsAt);
        }
    }

    private void Know(long token, string holder, long endsAt)
    {
        // A lower number is news from before; only after the known end is it a store that was restored to an old state.
        if (token >= _token || _endsAt <= clock.GetTimestamp())
            (_token, _holder, _endsAt) = (token, holder, endsAt);
    }
}
