namespace AspireElection.Stores.Redis;

/// <summary>
/// The term that a candidate knows of and that may still be trusted. A store that was wiped shows an empty seat; it is
/// not taken before the end of this term, unless the store shows the release of it.
/// </summary>
internal sealed class KnownTerm(TimeProvider clock, Candidacy candidacy)
{
    private readonly Lock _gate = new();
    private long _token;
    private long _endsAt;

    /// <summary>Its token; 0 when there is none, or when its end has passed.</summary>
    public long Token
    {
        get
        {
            lock (_gate)
            {
                Refresh();
                return _token > 0 && clock.GetTimestamp() < _endsAt ? _token : 0;
            }
        }
    }

    /// <summary>Until when it may be trusted; in the past when there is none.</summary>
    public long EndsAt
    {
        get
        {
            lock (_gate)
            {
                Refresh();
                return _token > 0 ? _endsAt : long.MinValue;
            }
        }
    }

    /// <summary>Keeps what was heard of the seat, here and in the candidacy.</summary>
    public void Hear(SeatState state, long endsAt)
    {
        // An empty seat without the release says nothing of the term, so it must not be forgotten over it.
        if (state.Kind != SeatKind.Held && !state.WasReleased)
            return;
        candidacy.Saw(state.ToSighting(endsAt));
        lock (_gate)
        {
            if (state.Kind == SeatKind.Held)
                Know(state.Token, state.Holder, endsAt);
            else if (state.Released == _token)
                _token = 0;
        }
    }

    private void Refresh()
    {
        if (candidacy.LastSeen is { Leader: { } leader } seen)
            Know(leader.Term, new CandidateId(leader.NodeId, leader.Incarnation).ToString(), seen.EndsAt);
    }

    private void Know(long token, string holder, long endsAt)
    {
        // One's own past term is trusted by nobody: who asks for the seat has stopped leading.
        if (holder == candidacy.Id.ToString() || token < _token)
            return;
        _endsAt = token == _token ? Math.Max(_endsAt, endsAt) : endsAt;
        _token = token;
    }
}
