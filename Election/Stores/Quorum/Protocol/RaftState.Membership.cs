using System.Text;

namespace AspireElection.Stores.Quorum.Protocol;

/// <content>Who is eligible, changed by one peer at a time: thesis, section 4.1.</content>
internal sealed partial class RaftState
{
    /// <summary>
    /// Lets a peer of the list stand and vote from now on; it is one of those that a majority is counted of as soon as
    /// the entry is in the log.
    /// </summary>
    public Proposal MakeEligible(TimeSpan now, long term, string peer)
    {
        if (!Leads || Term != term)
            return Refusal.NotLeader;
        if (!_settings.Peers.Contains(peer))
            return Refusal.UnknownPeer;
        if (_eligibility.Has(peer))
            return Refusal.AlreadyEligible;
        var seat = _seat!;
        // Majorities of two lists that follow each other overlap, those of a list and the next but one need not. The
        // same holds of a lease: it is kept by a majority of the list under which it was confirmed.
        if (_eligibility.ChangedAt > Commit || seat.CoveredEnd < seat.TrustEnd)
            return Refusal.ChangePending;
        if (!seat.IsInReach(peer, now) || seat.Followers[peer].Match + _settings.MostEntries < Commit)
            return Refusal.Behind;
        var proposal = Propose(now, term, EntryKind.Eligible, Encoding.UTF8.GetBytes(peer));
        if (proposal.Taken)
            seat.EligibilityChanged();
        return proposal;
    }
}
