namespace AspireElection.Stores.Quorum.Protocol;

/// <content>Campaigns and votes: paper, sections 5.2 and 5.4.1; pre-votes: thesis, section 9.6.</content>
internal sealed partial class RaftState
{
    private Campaign? _campaign;
    private long _campaigns;

    /// <summary>
    /// The k-th in rank stands k slots after the vacancy, so that a vacancy is no rush and the best is first. The
    /// random part parts those who rank themselves the same, because they know different lines.
    /// </summary>
    private void PlanCampaign(TimeSpan now)
    {
        var vacantAt = _promise.Until > now ? _promise.Until : now;
        _campaignAt = vacantAt + (_settings.Slot * (Rank() + 0.25 + (_random.NextDouble() / 2)));
    }

    private int Rank() => _standing is { } standing ? _waiting.RankOf(standing, Eligible) : RankForOthers();

    private void StandAgain(TimeSpan now)
    {
        if (_promise.HoldsAt(now))
        {
            PlanCampaign(now);
            return;
        }

        if (_standing is null && _campaign is not null)
        {
            BecomeFollower(now, Term, null);
            return;
        }

        if (_campaign is { } campaign)
            _reach.Answered(campaign.Answered, Eligible.Count);
        StartPreVote(now);
    }

    private void StartPreVote(TimeSpan now)
    {
        Role = RaftRole.PreCandidate;
        Leader = null;
        _campaign = new Campaign(++_campaigns, Eligible);
        PlanNextCampaign(now);
        foreach (var peer in Others(Eligible))
        {
            // Whoever gave it back said so once, and that may be lost: each who stands says it again. In a message that
            // peers of older builds understand: a pre-vote that they cannot read would be none.
            if (_promise.Released >= 0)
                Send(new SeatReleased(_settings.Self, peer, _promise.Released));
            Send(new PreVoteRequest(_settings.Self, peer, NextTerm, _campaign.Number, _log.LastIndex, _log.LastTerm));
        }

        if (_campaign.Count(_settings.Self, granted: true))
            StartVote(now);
    }

    private void StartVote(TimeSpan now)
    {
        Role = RaftRole.Candidate;
        Leader = null;
        Term = NextTerm;
        _vote = _settings.Self;
        _campaign = new Campaign(++_campaigns, Eligible);
        PlanNextCampaign(now);
        foreach (var peer in Others(Eligible))
            Send(new VoteRequest(_settings.Self, peer, Term, _log.LastIndex, _log.LastTerm, _promise.Released));
        if (_campaign.Count(_settings.Self, granted: true))
            BecomeLeader(now);
    }

    /// <summary>A split vote is not repeated: whoever ranks higher tries again first.</summary>
    private void PlanNextCampaign(TimeSpan now) =>
        _campaignAt = now + _settings.CampaignTimeout + (_settings.Slot * (Rank() + _random.NextDouble()));

    private void AnswerPreVote(TimeSpan now, PreVoteRequest request)
    {
        var free = request.Term > Term && !_promise.HoldsAt(now) && _seat is null && !HasForgotten;
        var granted = free && _log.IsUpToDate(request.LastIndex, request.LastTerm);
        if (free && !granted)
            StandForOthers(now);
        Send(new PreVoteAnswer(_settings.Self, request.From, granted ? request.Term : Term, request.Campaign, granted));
    }

    private void CountPreVote(TimeSpan now, PreVoteAnswer answer)
    {
        if (!answer.Granted && answer.Term > Term)
        {
            // Only a candidate asks: it stands again in the next slot, with a term that can be voted for.
            BecomeFollower(now, answer.Term, null);
            return;
        }

        if (Role == RaftRole.PreCandidate && answer.Campaign == _campaign!.Number && _campaign.Count(answer.From, answer.Granted))
        {
            _reach.Answered(_campaign.Answered, Eligible.Count);
            StartVote(now);
        }
    }

    private void AnswerVote(TimeSpan now, VoteRequest request)
    {
        HearRelease(now, request.Released);
        var bound = _promise.HoldsAt(now);
        if (request.Term > Term && !bound)
            BecomeFollower(now, request.Term, null);
        var granted = request.Term == Term
            && !bound
            && !HasForgotten
            && (_vote is null ? Leader is null : _vote == request.From)
            && _log.IsUpToDate(request.LastIndex, request.LastTerm);
        if (granted)
        {
            _vote = request.From;
            PlanNextCampaign(now);
        }

        Send(new VoteAnswer(_settings.Self, request.From, Term, granted));
    }

    private void CountVote(TimeSpan now, VoteAnswer answer)
    {
        if (answer.Term > Term)
        {
            BecomeFollower(now, answer.Term, null);
            return;
        }

        // A peer that is bound by a promise refuses in its own, lower term: an answer all the same.
        if (Role != RaftRole.Candidate || (answer.Granted && answer.Term != Term))
            return;
        if (_campaign!.Count(answer.From, answer.Granted))
        {
            _reach.Answered(_campaign.Answered, Eligible.Count);
            BecomeLeader(now);
        }
    }

    private long NextTerm => Math.Max(Term + 1, _standing?.AtLeast ?? 0);

    private IEnumerable<string> Others(IEnumerable<string> peers) => peers.Where(p => p != _settings.Self);
}
