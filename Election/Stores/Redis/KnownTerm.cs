namespace AspireElection.Stores.Redis;

/// <summary>
/// The terms of an election that this process knows of and that may still be trusted. A server that was wiped shows an
/// empty seat; it is not taken before the end of these terms, unless the server shows the release. Kept by the store,
/// over all attempts and watches: each of them may begin after the wipe and know nothing.
/// </summary>
/// <remarks>
/// More than one, because the seat of a wiped server may be granted, by a request that was long on its way, to somebody
/// who gives it back at once: the release of that later term says nothing of the one before the wipe (history 39090).
/// Where the data live on it does, and the server says so when it is asked about the first.
/// </remarks>
internal sealed class KnownTerm(TimeProvider clock)
{
    private const int Most = 4;

    private readonly Lock _gate = new();
    private readonly List<(long Token, string Holder, long EndsAt)> _terms = [];
    private long _newest;

    /// <summary>The token and the end of the first that has not ended; nothing when all have.</summary>
    /// <param name="candidate">Whose own past terms do not count: who asks for the seat has stopped leading.</param>
    public (long Token, long EndsAt) For(string candidate)
    {
        lock (_gate)
        {
            Forget();
            foreach (var (token, holder, endsAt) in _terms)
            {
                if (holder != candidate)
                    return (token, endsAt);
            }

            return (0, long.MinValue);
        }
    }

    /// <summary>Keeps what was heard of the seat. An empty one without the release says nothing of the terms.</summary>
    public void Hear(SeatState state, long endsAt)
    {
        lock (_gate)
        {
            if (state.Kind == SeatKind.Held)
                Know(state.Token, state.Holder, endsAt);
            else if (state.WasReleased)
                _terms.RemoveAll(t => t.Token == state.Released);
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
            if (_terms.TrueForAll(t => t.Token < leader.Term) && leader.Term > _newest)
                Know(leader.Term, new CandidateId(leader.NodeId, leader.Incarnation).ToString(), seen.EndsAt);
        }
    }

    private void Know(long token, string holder, long endsAt)
    {
        Forget();
        // A lower number is news from before; only after the known ends is it a store that was restored to an old state.
        if (_terms.Exists(t => t.Token > token))
            return;
        _newest = token;
        _terms.RemoveAll(t => t.Token == token);
        _terms.Add((token, holder, endsAt));
        if (_terms.Count > Most)
            _terms.RemoveAt(1);
    }

    private void Forget() => _terms.RemoveAll(t => t.EndsAt <= clock.GetTimestamp());
}
