namespace AspireElection.Stores.Redis;

/// <summary>
/// The terms of an election that this process knows of and that may still be trusted. A server that was wiped shows an
/// empty seat; it is not taken before the end of these terms, unless the server shows the release. Kept by the store,
/// over all attempts and watches: each of them may begin after the wipe and know nothing.
/// </summary>
/// <remarks>
/// More than one, because the seat of a wiped server may be granted, by a request that was long on its way, to somebody
/// who gives it back at once: the release of that later term says nothing of the one before the wipe (history 39090).
/// Where the data live on it does, and the server says so when it is asked about all of them.
/// </remarks>
internal sealed class KnownTerms(TimeProvider clock)
{
    /// <summary>Far more than are trusted at once; what is dropped then is what ends first.</summary>
    private const int Most = 16;

    // Replaced as a whole: in most elections it is one.
    private (long Token, string Holder, long EndsAt)[] _terms = [];
    private long _newest;

    /// <summary>The tokens of those that have not ended, and the last of their ends.</summary>
    /// <param name="candidate">Whose own past terms do not count: who asks for the seat has stopped leading.</param>
    public (IReadOnlyList<long> Tokens, long EndsAt) For(string candidate)
    {
        lock (this)
        {
            Forget();
            var others = _terms.Where(t => t.Holder != candidate).ToList();
            return ([.. others.Select(t => t.Token)], others.Count == 0 ? long.MinValue : others.Max(t => t.EndsAt));
        }
    }

    /// <summary>Keeps what was heard of the seat. An empty one without the release says nothing of the terms.</summary>
    public void Hear(SeatState state, long endsAt)
    {
        lock (this)
        {
            // Also beside a later term: whoever missed the message of the release hears of it then.
            Keep(t => t.Token != state.Released);
            if (state.Kind == SeatKind.Held)
                Know(state.Token, state.Holder, endsAt);
        }
    }

    /// <summary>Keeps what the candidate was told elsewhere, or in an earlier life of the store.</summary>
    public void Hear(Sighting? seen)
    {
        if (seen is not { Leader: { } leader })
            return;
        lock (this)
        {
            // A released term may be seen late, from before its release.
            if (_terms.All(t => t.Token < leader.Term) && leader.Term > _newest)
                Know(leader.Term, new CandidateId(leader.NodeId, leader.Incarnation).ToString(), seen.EndsAt);
        }
    }

    private void Know(long token, string holder, long endsAt)
    {
        Forget();
        // A lower number is news from before; only after the known ends is it a store that was restored to an old state.
        if (_terms.Any(t => t.Token > token))
            return;
        _newest = token;
        if (_terms is [(var same, _, _)] && same == token)
        {
            _terms[0] = (token, holder, endsAt);
            return;
        }

        _terms = [.. _terms.Where(t => t.Token != token), (token, holder, endsAt)];
        if (_terms.Length > Most)
        {
            var first = _terms.MinBy(t => t.EndsAt);
            Keep(t => t != first);
        }
    }

    private void Forget() => Keep(t => t.EndsAt > clock.GetTimestamp());

    private void Keep(Predicate<(long Token, string Holder, long EndsAt)> which)
    {
        if (!Array.TrueForAll(_terms, which))
            _terms = Array.FindAll(_terms, which);
    }
}
