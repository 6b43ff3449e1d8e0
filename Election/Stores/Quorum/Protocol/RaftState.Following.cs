namespace AspireElection.Stores.Quorum.Protocol;

/// <content>The follower's side of the log: paper, figure 2 (AppendEntries RPC) and section 5.3.</content>
internal sealed partial class RaftState
{
    private void Follow(TimeSpan now, Append append)
    {
        if (!Accept(now, append))
            return;
        var promised = _promise.Keep(now, append.Term, append.Lease);
        if (promised)
        {
            _waiting.Told(append.Line, _settings.Peers, append.From);
            PlanCampaign(now);
            _out.Events.Add(new LeaderSeen(append.Term, append.From, _promise.Until));
        }

        // Who promises nothing must not confirm a lease.
        var round = promised || append.Lease <= TimeSpan.Zero ? append.Round : 0;
        var matched = append.PrevIndex < _log.SnapshotIndex || _log.TermAt(append.PrevIndex) == append.PrevTerm;
        if (matched)
            Merge(append);
        // All that was ever committed is before what a leader has committed of its own term; its lease is promised anew.
        if (HasForgotten && promised && matched && Commit >= append.Commit && _log.TermAt(Commit) == append.Term)
            HasForgotten = false;
        var match = Math.Max(append.PrevIndex + append.Entries.Count, Commit);
        Send(new AppendAnswer(
            _settings.Self, append.From, Term, matched, matched ? match : 0, append.PrevIndex, matched ? 0 : Hint(append), round));
    }

    /// <summary>Whether a message of a leader is one of this term's; a leader of the past is told so.</summary>
    private bool Accept(TimeSpan now, RaftMessage message)
    {
        if (message.Term < Term)
        {
            Send(new AppendAnswer(_settings.Self, message.From, Term, Matched: false, 0, 0, 0, 0));
            return false;
        }

        if (message.Term == Term && _seat is not null)
            return false;
        if (message.Term > Term || Role != RaftRole.Follower || Leader != message.From)
            BecomeFollower(now, message.Term, message.From);
        _reach.LeaderHeard();
        return true;
    }

    private void Merge(Append append)
    {
        foreach (var entry in append.Entries)
        {
            // What the snapshot stands for is committed, hence the same as the leader's.
            if (entry.Index <= _log.SnapshotIndex)
                continue;
            var term = _log.TermAt(entry.Index);
            if (term == entry.Term)
                continue;
            // Only a conflict cuts: an append that was overtaken must not take back what a later one brought.
            if (term is not null)
                Cut(entry.Index);
            Add(entry);
        }

        // Behind the sent entries this log may differ from the leader's.
        Commit = Math.Max(Commit, Math.Min(append.Commit, append.PrevIndex + append.Entries.Count));
    }

    private void Cut(long index)
    {
        if (index <= Commit)
            throw new InvalidOperationException($"Entry {index} is committed and conflicts with the log of the leader of term {Term}: a peer lost what it had stored, or the data folders of two clusters were mixed.");
        _log.Cut(index);
        _eligibility.CutFrom(index);
    }

    /// <summary>Skips whole terms that the leader cannot have here (paper, end of section 5.3).</summary>
    private long Hint(Append append)
    {
        var hint = Math.Min(append.PrevIndex - 1, LastIndex);
        while (hint > Commit && _log.TermAt(hint) > append.PrevTerm)
            hint--;
        return hint;
    }
}
