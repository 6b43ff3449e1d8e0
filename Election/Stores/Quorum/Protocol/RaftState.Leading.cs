namespace AspireElection.Stores.Quorum.Protocol;

/// <content>Being the leader: heartbeat rounds, the lease, and its end.</content>
internal sealed partial class RaftState
{
    private Seat? _seat;

    /// <summary>
    /// Sends a heartbeat round now. With a lease, each peer that confirms it has promised to vote for nobody else for
    /// so long; without (zero) it only confirms, for a read, that this peer still led when the round was sent.
    /// </summary>
    /// <returns>The number by which <see cref="RoundConfirmed"/> tells of it; 0 when this peer does not lead that term.</returns>
    public long Beat(TimeSpan now, long term, TimeSpan lease)
    {
        // Who gave the seat back told others that its lease is over: it must never have another one in that term.
        if (_seat is not { Releasing: false } seat || seat.Term != term)
            return 0;
        // The leader is a voter as well, and is bound like the others, from before anybody else can be.
        _promise.Keep(now, Term, lease);
        var round = seat.Rounds.Open(now, lease);
        foreach (var peer in Others(_settings.Peers))
            SendAppend(now, seat, peer, round.Number, lease);
        Confirm(now, seat, round.Number, _settings.Self);
        return round.Number;
    }

    private void BecomeLeader(TimeSpan now)
    {
        var seat = new Seat(Term, _standing ?? ForOthers, _log.LastIndex + 1, now);
        foreach (var peer in Others(_settings.Peers))
            seat.Followers.Add(peer, new Progress(seat.FirstIndex, now));
        Role = RaftRole.Leader;
        Leader = _settings.Self;
        _campaign = null;
        _repeatAt = TimeSpan.MaxValue;
        _seat = seat;
        if (_standing is null)
        {
            GiveBack(now, seat, ForOthers.Lease);
            return;
        }

        AddOwn(EntryKind.Leader, seat.Standing.Holder);
        Beat(now, Term, seat.Standing.Lease);
        Committed(now, seat);
    }

    private void Lead(TimeSpan now, Seat seat)
    {
        if (now >= (seat.ReleaseBy ?? seat.LeaseEnd))
        {
            if (seat.Releasing)
                HandOver(now, seat, BestSuccessor(now, seat, upToDate: true));
            else
                RunOut(now, seat);
            return;
        }

        if (now >= seat.ChooseAt)
        {
            seat.ChooseAt = null;
            TryHandOver(now, seat);
        }

        if (_seat != seat || now < seat.ResendAt)
            return;
        // Until it is elected nobody renews for it, and its first rounds may have been lost.
        if (seat is { Announced: false, Releasing: false })
            Beat(now, Term, seat.Standing.Lease);
        if (_seat == seat)
            ResendAll(now, seat);
    }

    /// <summary>
    /// The promises given to a term outlive it. Where the driver does not trust in it, because it was never told of it or has
    /// given it back, the others need not wait for their end; else the driver says when (<see cref="Disown"/>).
    /// </summary>
    private void Leave(TimeSpan now, Seat seat, LostBecause because)
    {
        _out.Events.Add(new Lost(seat.Term, because));
        if (seat is { Announced: true, Releasing: false })
            (_lostTerm, _lostLease) = (seat.Term, seat.Standing.Lease);
        else if (Leader is null)
            TellReleased(now, seat.Term, seat.Standing.Lease);
        else
            _promise.Release(seat.Term);
    }

    /// <summary>Nobody confirmed for a lease, or nobody asked for it: others may have been elected.</summary>
    private void RunOut(TimeSpan now, Seat seat)
    {
        _reach.Answered(1 + Others(Eligible).Count(p => seat.IsInReach(p, now)), Eligible.Count);
        BecomeFollower(now, Term, null, LostBecause.LeaseRanOut);
    }

    private void Confirm(TimeSpan now, Seat seat, long number, string from)
    {
        if (seat.Rounds.Confirm(number, from) is not { } round || round.Confirmed.Count(_eligibility.Has) < _eligibility.Majority)
            return;
        seat.Rounds.Settle(round);
        _out.Events.Add(new RoundConfirmed(Term, round.Number, round.SentAt, round.Lease));
        _reach.Answered(round.Confirmed.Count, round.Confirmed.Count);
        if (round.Lease <= TimeSpan.Zero)
            return;
        seat.Confirmed(round);
        Announce(now, seat);
    }

    /// <summary>The seat is held when the term's first entry is committed and a lease is confirmed.</summary>
    private void Announce(TimeSpan now, Seat seat)
    {
        if (seat.Announced || seat.Releasing || Commit < seat.FirstIndex || seat.ConfirmedAt is not { } anchor)
            return;
        // Catching up with the log may have used up the first lease.
        if (now - anchor > seat.Standing.Lease / 2 && !seat.Refreshed)
        {
            seat.Refreshed = true;
            seat.ConfirmedAt = null;
            Beat(now, Term, seat.Standing.Lease);
            return;
        }

        seat.Announced = true;
        if (_standing == seat.Standing)
            _standing = null;
        _out.Events.Add(new Elected(Term, anchor, seat.Standing.Holder));
    }
}
