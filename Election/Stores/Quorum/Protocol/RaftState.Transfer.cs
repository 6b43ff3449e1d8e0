namespace AspireElection.Stores.Quorum.Protocol;

/// <content>Giving the seat back, to the best that waits: thesis, section 3.10.</content>
internal sealed partial class RaftState
{
    /// <summary>
    /// Gives the seat back; the driver has ended all trust in the term before. The best waiting peer is brought up to
    /// date and told to campaign, all others that no lease is left to wait for; where nobody waits, or the best does
    /// not answer within <see cref="RaftSettings.CampaignTimeout"/>, the seat is simply free. <see cref="Lost"/> tells
    /// of the end.
    /// </summary>
    /// <returns>False when this peer does not lead that term, or gives it back already.</returns>
    public bool Transfer(TimeSpan now, long term)
    {
        if (_seat is not { Releasing: false } seat || seat.Term != term)
            return false;
        GiveBack(now, seat, _settings.CampaignTimeout);
        return true;
    }

    private void GiveBack(TimeSpan now, Seat seat, TimeSpan within)
    {
        seat.ReleaseBy = now + within;
        seat.ChooseAt = now + _settings.Slot;
        // Nor is the driver told of a round that was confirmed a moment before: it would trust anew.
        seat.Rounds.Clear();
        _out.Events.RemoveAll(e => e is RoundConfirmed);
        AddOwn(EntryKind.Released, []);
        SendAll(now, seat);
        Committed(now, seat);
        TryHandOver(now, seat);
    }

    private void TryHandOver(TimeSpan now, Seat seat)
    {
        // Who waits is told with the answers: a better one than those that are known may be among those under way.
        if (now < seat.ChooseAt && Others(_settings.Peers).Any(p => seat.IsInReach(p, now) && !IsUpToDate(seat, p)))
            return;
        var successor = BestSuccessor(now, seat, upToDate: false);
        if (successor is null ? Commit == LastIndex : IsUpToDate(seat, successor))
            HandOver(now, seat, successor);
    }

    private string? BestSuccessor(TimeSpan now, Seat seat, bool upToDate) => Line
        .Select(s => s.Id)
        .FirstOrDefault(p => (p == _settings.Self || seat.IsInReach(p, now)) && (!upToDate || IsUpToDate(seat, p)));

    private bool IsUpToDate(Seat seat, string peer) => peer == _settings.Self || seat.Followers[peer].Match == LastIndex;

    private void HandOver(TimeSpan now, Seat seat, string? successor)
    {
        foreach (var peer in seat.Followers.Keys)
        {
            Send(peer == successor
                ? new TimeoutNow(_settings.Self, peer, Term)
                : new SeatReleased(_settings.Self, peer, Term));
        }

        _promise.Release(Term);
        BecomeFollower(now, Term, null, LostBecause.Released);
        _out.Events.Add(new SeatVacated(Term));
        RepeatReleased(now, seat.Standing.Lease);
        // Another candidacy of this very peer is the best: a term of its own all the same.
        if (successor == _settings.Self)
            StartVote(now);
    }

    private void HearRelease(TimeSpan now, long term)
    {
        var bound = _promise.HoldsAt(now);
        if (!_promise.Release(term))
            return;
        // A late answer to an old campaign may have brought a higher term: it was bound all the same, and slept until then.
        if (term >= Term)
            BecomeFollower(now, term, null);
        else if (bound && Role == RaftRole.Follower)
            PlanCampaign(now);
        _out.Events.Add(new SeatVacated(term));
    }

    private void StandAtOnce(TimeSpan now, TimeoutNow told)
    {
        HearRelease(now, told.Term);
        if (told.Term == Term && _standing is not null && IsEligible)
            StartVote(now);
    }
}
