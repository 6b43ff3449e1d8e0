using System.Collections.Concurrent;

namespace AspireElection.Stores.Redis;

/// <summary>
/// The terms that were granted through this store. Their candidates renew at once when the connection breaks or comes
/// back: the server behind it may have been restarted empty, or be another one.
/// </summary>
internal sealed class HeldTerms : IConnectionListener
{
    private readonly ConcurrentDictionary<(string Election, CandidateId Id), (Term Term, Candidacy Candidacy)> _held = new();

    public void Add(Term term, Candidacy candidacy) => _held[(term.Election, term.Candidate)] = (term, candidacy);

    public void Remove(Term term)
    {
        if (_held.TryGetValue((term.Election, term.Candidate), out var held) && held.Term == term)
            _held.TryRemove(KeyValuePair.Create((term.Election, term.Candidate), held));
    }

    public void ConnectionBroke() => RenewAll();

    public void ConnectionCameBack() => RenewAll();

    private void RenewAll()
    {
        foreach (var (_, candidacy) in _held.Values)
            candidacy.RenewNow();
    }
}
