namespace AspireElection.Stores.Quorum.Protocol;

/// <content>The leader's side of the log: paper, sections 5.3 and 5.4.2.</content>
internal sealed partial class RaftState
{
    private Proposal Propose(TimeSpan now, long term, EntryKind kind, byte[] data)
    {
        if (!Leads || Term != term)
            return Refusal.NotLeader;
        if (LastIndex - Commit >= _settings.MostUncommitted)
            return Refusal.Busy;
        var seat = _seat!;
        AddOwn(kind, data);
        var index = LastIndex;
        SendAll(now, seat);
        Committed(now, seat);
        return new Proposal(index, Refusal.None);
    }

    private void AddOwn(EntryKind kind, byte[] data) => Add(new LogEntry(LastIndex + 1, Term, kind, data));

    private void Add(LogEntry entry)
    {
        _log.Add(entry);
        _eligibility.Appended(entry);
    }

    /// <summary>
    /// Entries carry no lease: a leader that nobody renews would otherwise keep its seat by what is written or sent
    /// again.
    /// </summary>
    private void SendAll(TimeSpan now, Seat seat)
    {
        foreach (var peer in Others(_settings.Peers))
        {
            if (seat.IsInReach(peer, now))
                SendAppend(now, seat, peer, 0, TimeSpan.Zero);
        }
    }

    private void SendAppend(TimeSpan now, Seat seat, string peer, long round, TimeSpan lease)
    {
        var follower = seat.Followers[peer];
        var sends = seat.IsInReach(peer, now);
        var previous = follower.Next - 1;
        if (_log.TermAt(previous) is not { } previousTerm)
        {
            if (sends)
                SendSnapshot(now, seat, peer, follower);
            if (round == 0)
                return;
            // The lease is confirmed all the same, by a heartbeat that every log matches.
            previous = 0;
            previousTerm = 0;
            sends = false;
        }

        var entries = sends && follower.TakesEntries
            ? _log.From(follower.Next, _settings.MostEntries, _settings.MostBytes)
            : [];
        // What is committed behind the sent entries, the follower cannot take from this message.
        var tells = Math.Min(Commit, previous + entries.Count);
        if (round == 0 && entries.Count == 0 && tells <= follower.CommitSent)
            return;
        follower.Sent(now, entries.Count, tells);
        if (entries.Count > 0)
            ResendBy(seat, now + _settings.ResendPeriod);
        var line = lease > TimeSpan.Zero ? Line : [];
        Send(new Append(_settings.Self, peer, Term, previous, previousTerm, entries, Commit, round, lease, line));
    }

    private void TakeAnswer(TimeSpan now, AppendAnswer answer)
    {
        if (answer.Term > Term)
        {
            BecomeFollower(now, answer.Term, null);
            return;
        }

        if (_seat is not { } seat || answer.Term != Term)
            return;
        var follower = seat.Followers[answer.From];
        follower.Heard(now);
        if (answer.Matched)
        {
            follower.Matched(answer.Match);
            Committed(now, seat);
        }
        else if (follower.Rejected(answer.Previous, answer.Hint))
        {
            SendAppend(now, seat, answer.From, 0, TimeSpan.Zero);
        }

        if (_seat == seat && answer.Round > 0)
            Confirm(now, seat, answer.Round, answer.From);
        var isBehind = (follower.Next <= LastIndex && follower.TakesEntries) || follower.CommitSent < Commit;
        if (_seat == seat && answer.Matched && isBehind)
            SendAppend(now, seat, answer.From, 0, TimeSpan.Zero);
        if (_seat == seat && seat.Releasing)
            TryHandOver(now, seat);
    }

    /// <summary>
    /// An entry of this term is committed when a majority has it, and all before it with it; one of an earlier term is
    /// never counted by itself (paper, figure 8).
    /// </summary>
    private void Committed(TimeSpan now, Seat seat)
    {
        for (var index = LastIndex; index > Commit && _log.TermAt(index) == Term; index--)
        {
            var have = Eligible.Count(p => p == _settings.Self || seat.Followers[p].Match >= index);
            if (have < _eligibility.Majority)
                continue;
            Commit = index;
            ResendBy(seat, now + _settings.ResendPeriod);
            TellCommit(now, seat);
            break;
        }

        Announce(now, seat);
    }

    /// <summary>At once: followers show who leads, and answer while nobody does, by what they know to be committed.</summary>
    private void TellCommit(TimeSpan now, Seat seat)
    {
        foreach (var (peer, follower) in seat.Followers)
        {
            if (seat.IsInReach(peer, now) && follower.CommitSent < Commit)
                SendAppend(now, seat, peer, 0, TimeSpan.Zero);
        }
    }

    private void ResendAll(TimeSpan now, Seat seat)
    {
        seat.ResendAt = TimeSpan.MaxValue;
        if (!seat.Announced)
            ResendBy(seat, now + _settings.ResendPeriod);
        foreach (var (peer, follower) in seat.Followers)
        {
            if (!seat.IsInReach(peer, now))
                continue;
            if (follower.Match < LastIndex)
            {
                ResendBy(seat, now + _settings.ResendPeriod);
                if (now - follower.SentAt < _settings.ResendPeriod)
                    continue;
                follower.StartAgain();
                SendAppend(now, seat, peer, 0, TimeSpan.Zero);
            }
            else if (follower.CommitSent < Commit)
            {
                SendAppend(now, seat, peer, 0, TimeSpan.Zero);
            }
        }
    }

    private static void ResendBy(Seat seat, TimeSpan at) => seat.ResendAt = at < seat.ResendAt ? at : seat.ResendAt;
}
