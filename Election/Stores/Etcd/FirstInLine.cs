using AspireElection.Timing;

namespace AspireElection.Stores.Etcd;

/// <summary>What keeps who is first in the line from the seat.</summary>
internal sealed class FirstInLine(EtcdCalls calls, TimeProvider clock, KnownTerms known, Candidacy candidacy)
{
    private readonly HashSet<string> _madeWayFor = [];
    private long _guarded;
    private long _guardEnd;

    /// <summary>
    /// Whether better ones wait right behind. Those behind a foreign candidate are not asked: it would be overtaken by
    /// them, or led by them into a place that was not its turn. Each is made way for once: it may be dead.
    /// </summary>
    public bool MakesWay(SeatLook look)
    {
        var best = look.Line.TakeWhile(p => p.Candidate is not null).Where(p => p.Priority > candidacy.Priority)
            .MaxBy(p => _madeWayFor.Contains(p.Key) ? int.MinValue : p.Priority);
        return best is not null && _madeWayFor.Add(best.Key);
    }

    /// <summary>Whether a term that was given back leaves nothing to be waited for.</summary>
    public bool MayFollow(TermRecord released) => known.BlocksUntil(candidacy, released) is null;

    /// <summary>
    /// Who is first may still have to wait: for the end of a term that a wiped server does not know any more, or for a
    /// leader whose key is gone although its lease lives, because somebody deleted it: that leader still trusts.
    /// </summary>
    public async ValueTask<long?> BlockedUntilAsync(SeatLook look, TimeSpan bound, CancellationToken cancellationToken)
    {
        if (known.BlocksUntil(candidacy, look.Term) is { } until)
            return until;
        if (look.Term is not { Released: false } last || last.Holder == candidacy.Id ||
            !await calls.LivesAsync(last.Lease, bound, cancellationToken))
            return null;
        // No renewal succeeds without the key, so its trust ends within a lease, however long its lease is kept.
        if (_guarded != last.Token)
            (_guarded, _guardEnd) = (last.Token, clock.After(TimeSpan.FromSeconds(last.Seconds)));
        return clock.GetTimestamp() < _guardEnd ? Math.Min(_guardEnd, clock.After(candidacy.RetryPeriod)) : null;
    }
}
