using AspireElection.Stores.Quorum.Protocol;

namespace AspireElection.Tests.Stores.Quorum.Paper;

/// <summary>Elections: paper, figure 2 (RequestVote RPC) and sections 5.2 and 5.4.1; thesis, section 9.6.</summary>
public sealed class VoteTests
{
    private readonly RaftGroup _group = new();

    // Figure 2, RequestVote RPC, receiver implementation, rule 2.
    [Fact]
    public void A_peer_votes_once_in_a_term()
    {
        Assert.True(_group.Answer<VoteAnswer>(new VoteRequest("b", "a", 1, 0, 0, -1)).Granted);
        Assert.False(_group.Answer<VoteAnswer>(new VoteRequest("c", "a", 1, 0, 0, -1)).Granted);
        Assert.True(_group.Answer<VoteAnswer>(new VoteRequest("b", "a", 1, 0, 0, -1)).Granted);
        Assert.True(_group.Answer<VoteAnswer>(new VoteRequest("c", "a", 2, 0, 0, -1)).Granted);
    }

    // Figure 2, state: votedFor and currentTerm are persistent, and updated before responding.
    [Fact]
    public void A_vote_outlives_a_restart_and_is_stored_before_it_is_sent()
    {
        _group["a"].Step(_group.Now, new VoteRequest("b", "a", 3, 0, 0, -1));
        var ready = _group["a"].TakeReady()!;
        Assert.Equal(new HardState(3, "b", TimeSpan.Zero), ready.HardState);
        Assert.Single(ready.Messages);

        _group.Disk("a").Store(ready);
        _group.Restart("a");
        Assert.False(_group.Answer<VoteAnswer>(new VoteRequest("c", "a", 3, 0, 0, -1)).Granted);
        Assert.Equal(3, _group["a"].Term);
    }

    // Figure 2, rule 1: reply false if term < currentTerm.
    [Fact]
    public void An_old_term_gets_no_vote_and_hears_the_new_one()
    {
        _group.Restore("a", 5);
        var answer = _group.Answer<VoteAnswer>(new VoteRequest("b", "a", 4, 9, 4, -1));
        Assert.Equal((false, 5L), (answer.Granted, answer.Term));
    }

    // Section 5.4.1: the log with the later last term is more up to date; with equal terms the longer one.
    [Theory]
    [InlineData(3, 2, true)]
    [InlineData(4, 2, true)]
    [InlineData(1, 3, true)]
    [InlineData(2, 2, false)]
    [InlineData(9, 1, false)]
    public void Only_a_candidate_with_an_up_to_date_log_gets_a_vote(long lastIndex, long lastTerm, bool granted)
    {
        _group.Restore("a", 3, 1, 1, 2);
        Assert.Equal(granted, _group.Answer<PreVoteAnswer>(new PreVoteRequest("b", "a", 4, 1, lastIndex, lastTerm)).Granted);
        Assert.Equal(granted, _group.Answer<VoteAnswer>(new VoteRequest("b", "a", 4, lastIndex, lastTerm, -1)).Granted);
    }

    // Section 5.2: a candidate wins with the votes of a majority for the same term.
    [Fact]
    public void Votes_of_an_earlier_term_and_twice_the_same_vote_win_nothing()
    {
        var group = new RaftGroup("abcde");
        group.Stand("a");
        group.Wake("a");
        group.Deliver(m => m is PreVoteRequest or PreVoteAnswer);
        Assert.Equal(RaftRole.Candidate, group["a"].Role);
        group.Step(new VoteAnswer("b", "a", 1, true));
        group.Step(new VoteAnswer("b", "a", 1, true));
        group.Step(new VoteAnswer("c", "a", 0, true));
        Assert.Equal(RaftRole.Candidate, group["a"].Role);
        group.Step(new VoteAnswer("c", "a", 1, true));
        Assert.Equal(RaftRole.Leader, group["a"].Role);
    }

    // Thesis 9.6: a pre-vote changes nobody's term, so that a peer that was cut off disturbs nobody when it is back.
    [Fact]
    public void A_peer_that_is_cut_off_does_not_raise_its_term()
    {
        _group.Elect("a");
        _group.Stand("c");
        for (var i = 0; i < 20; i++)
        {
            _group.Wake("c");
            _group.Lose();
        }

        Assert.Equal(1, _group["c"].Term);
        Assert.Equal(RaftRole.PreCandidate, _group["c"].Role);
        Assert.Equal(new MajorityMissing(1, 3), _group.Events<MajorityMissing>("c").Single());
        _group.Do("a", r => r.Tick(_group.Now));
        _group.Stand("a");
        _group.RunUntil(() => _group["a"].Leads || _group["c"].Leads);
        Assert.NotEmpty(_group.Events<MajorityBack>("c"));
    }

    // Thesis 9.6: a grant is for the campaign that asked; the answer to an earlier one for the same term may be outdated.
    [Fact]
    public void A_late_answer_to_an_earlier_campaign_for_the_same_term_does_not_count()
    {
        _group.Stand("a");
        _group.Wake("a");
        var first = _group.Wire.OfType<PreVoteRequest>().First(m => m.To == "b");
        _group.Lose();
        _group.Wake("a");
        _group.Lose();
        _group.Step(new PreVoteAnswer("b", "a", first.Term, first.Campaign, true));
        Assert.Equal((RaftRole.PreCandidate, 0L), (_group["a"].Role, _group["a"].Term));
    }

    // Figure 2, rules for all servers: a higher term converts to follower.
    [Fact]
    public void A_higher_term_ends_a_leadership_and_a_candidacy()
    {
        var term = _group.Elect("a");
        _group.Step(new AppendAnswer("b", "a", term + 1, false, 0, 0, 0, 0));
        Assert.Equal(new Lost(term, LostBecause.HigherTerm), _group.Events<Lost>("a").Single());
        Assert.Equal((RaftRole.Follower, term + 1), (_group["a"].Role, _group["a"].Term));

        var other = new RaftGroup();
        other.Stand("a");
        other.Wake("a");
        other.Deliver(m => m is PreVoteRequest or PreVoteAnswer);
        other.Step(new Append("b", "a", other["a"].Term, 0, 0, [], 0, 1, RaftGroup.Lease, []));
        Assert.Equal((RaftRole.Follower, "b"), (other["a"].Role, other["a"].Leader));
    }

    [Fact]
    public void Who_is_withdrawn_takes_no_late_votes()
    {
        _group.Stand("a");
        _group.Wake("a");
        _group.Deliver(m => m is PreVoteRequest or PreVoteAnswer);
        _group.Do("a", r => r.Withdraw(_group.Now));
        _group.Deliver();
        Assert.Equal(RaftRole.Follower, _group["a"].Role);
        Assert.Equal(TimeSpan.MaxValue, _group["a"].WakeAt);
    }
}
