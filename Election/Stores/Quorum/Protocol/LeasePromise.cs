namespace AspireElection.Stores.Quorum.Protocol;

/// <summary>
/// What this peer promised to a leader: to vote for nobody else until the end of its lease, counted on this peer's
/// own clock from when the heartbeat came (thesis, section 6.4.1).
/// </summary>
internal sealed class LeasePromise
{
    /// <summary>
    /// After a start the peer has forgotten to whom and when: it keeps the longest promise from the start on, as given
    /// to any leader up to the term it knows.
    /// </summary>
    public LeasePromise(long term, TimeSpan longest, TimeSpan now)
    {
        Term = term;
        Longest = longest;
        Until = longest > TimeSpan.Zero ? now + longest : TimeSpan.MinValue;
    }

    /// <summary>The latest term that a promise may have been given to.</summary>
    public long Term { get; private set; }

    /// <summary>The longest lease that may still run; stored before a promise is answered.</summary>
    public TimeSpan Longest { get; private set; }

    public TimeSpan Until { get; private set; }

    /// <summary>The latest term that is known to have been given back; below zero for none.</summary>
    public long Released { get; private set; } = -1;

    public bool HoldsAt(TimeSpan now) => now < Until;

    /// <summary>False for a term that was given back: nothing is promised to it any more, however late a heartbeat comes.</summary>
    public bool Keep(TimeSpan now, long term, TimeSpan lease)
    {
        if (term <= Released || lease <= TimeSpan.Zero)
            return false;
        var until = now + lease;
        if (term > Term)
        {
            // Whoever was elected later waited for the end of every lease before: a long one need not be kept.
            Term = term;
            Longest = lease;
            Until = until;
            return true;
        }

        // A heartbeat with a shorter lease, or one that was overtaken, takes nothing back.
        Longest = lease > Longest ? lease : Longest;
        Until = until > Until ? until : Until;
        return true;
    }

    /// <summary>
    /// The leader of <paramref name="term"/> gave the seat back: neither its lease nor an older one can run. False
    /// when that is no news.
    /// </summary>
    public bool Release(long term)
    {
        if (term <= Released)
            return false;
        Released = term;
        if (Term <= term)
        {
            Longest = TimeSpan.Zero;
            Until = TimeSpan.MinValue;
        }

        return true;
    }
}
