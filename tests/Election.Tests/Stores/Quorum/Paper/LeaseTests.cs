using AspireElection.Stores.Quorum.Protocol;

namespace AspireElection.Tests.Stores.Quorum.Paper;

/// <summary>Leases and reads: thesis, sections 4.2.3, 6.4 and 6.4.1; the rules of a restarted voter.</summary>
public sealed class LeaseTests
{
    private readonly RaftGroup _group = new();

    // Thesis 4.2.3 and 6.4.1: no vote within the lease of a leader that was heard, and no change of term either.
    [Fact]
    public void A_voter_votes_for_nobody_within_the_leaders_lease()
    {
        var term = _group.Elect("a");
        _group.Pass(990);
        Assert.False(_group.Answer<PreVoteAnswer>(new PreVoteRequest("c", "b", term + 1, 1, 9, term)).Granted);
        Assert.False(_group.Answer<VoteAnswer>(new VoteRequest("c", "b", term + 1, 9, term, -1)).Granted);
        Assert.Equal(term, _group["b"].Term);
        _group.Pass(20);
        Assert.True(_group.Answer<PreVoteAnswer>(new PreVoteRequest("c", "b", term + 1, 2, 9, term)).Granted);
        Assert.True(_group.Answer<VoteAnswer>(new VoteRequest("c", "b", term + 1, 9, term, -1)).Granted);
    }

    // The leader's lease counts, whatever the voter's own settings are.
    [Fact]
    public void The_leaders_lease_counts_and_a_shorter_one_takes_nothing_back()
    {
        Beat(1, TimeSpan.FromSeconds(3), 2);
        Beat(1, TimeSpan.FromSeconds(1), 3);
        _group.Pass(2_990);
        Assert.False(_group.Answer<VoteAnswer>(new VoteRequest("c", "b", 2, 0, 0, -1)).Granted);
        _group.Pass(20);
        Assert.True(_group.Answer<VoteAnswer>(new VoteRequest("c", "b", 2, 0, 0, -1)).Granted);
    }

    // A leader of a later term waited for the end of every earlier lease: a long one need not be kept on.
    [Fact]
    public void The_lease_of_a_later_term_takes_the_place_of_a_longer_one()
    {
        Beat(1, TimeSpan.FromSeconds(30), 1);
        Beat(2, TimeSpan.FromSeconds(1), 1);
        Assert.Equal(TimeSpan.FromSeconds(1), _group.Disk("b").HardState!.Promised);
        _group.Pass(1_010);
        Assert.True(_group.Answer<VoteAnswer>(new VoteRequest("c", "b", 3, 0, 0, -1)).Granted);
    }

    // A promise is stored before it is answered; a restarted voter waits for the longest one.
    [Fact]
    public void A_restarted_voter_gives_no_vote_for_a_full_lease()
    {
        Beat(1, TimeSpan.FromSeconds(1), 1);
        _group.Pass(900);
        _group.Restart("b");
        _group.Stand("b");
        _group.Pass(990);
        Assert.True(_group["b"].WakeAt > _group.Now);
        Assert.False(_group.Answer<PreVoteAnswer>(new PreVoteRequest("c", "b", 2, 1, 0, 0)).Granted);
        Assert.False(_group.Answer<VoteAnswer>(new VoteRequest("c", "b", 2, 0, 0, -1)).Granted);
        _group.Pass(20);
        Assert.True(_group.Answer<VoteAnswer>(new VoteRequest("c", "b", 2, 0, 0, -1)).Granted);
    }

    // A promise to this very term was longer than the first one after the restart: it is kept all the same.
    [Fact]
    public void A_heartbeat_after_a_restart_does_not_shorten_what_was_promised_to_that_term()
    {
        Beat(1, TimeSpan.FromSeconds(3), 1);
        _group.Restart("b");
        Beat(1, TimeSpan.FromSeconds(1), 2);
        Assert.Equal(TimeSpan.FromSeconds(3), _group.Disk("b").HardState!.Promised);
        _group.Pass(2_990);
        Assert.False(_group.Answer<VoteAnswer>(new VoteRequest("c", "b", 2, 0, 0, -1)).Granted);
    }

    [Fact]
    public void A_new_peer_has_promised_nothing_and_does_not_wait()
    {
        _group.Stand("a");
        Assert.True(_group["a"].WakeAt - _group.Now < TimeSpan.FromMilliseconds(50));
        Assert.True(_group.Answer<VoteAnswer>(new VoteRequest("c", "b", 1, 0, 0, -1)).Granted);
    }

    // Thesis 6.4.1: the lease counts from when the round was sent that a majority answered; each answer counts for its own round.
    [Fact]
    public void A_round_is_confirmed_by_answers_to_this_very_round()
    {
        var group = new RaftGroup("abcde");
        var term = group.Elect("a");
        var sentAt = group.Now;
        var first = group.Do("a", r => r.Beat(group.Now, term, RaftGroup.Lease));
        group.Lose();
        group.Pass(300);
        var second = group.Do("a", r => r.Beat(group.Now, term, RaftGroup.Lease));
        group.Lose();
        group.Step(Confirms("b", first));
        group.Step(Confirms("c", second));
        group.Step(Confirms("b", first));
        Assert.DoesNotContain(group.Events<RoundConfirmed>("a"), e => e.Round >= first);
        group.Step(Confirms("d", first));
        Assert.Equal(new RoundConfirmed(term, first, sentAt, RaftGroup.Lease), group.Events<RoundConfirmed>("a").Last());
        group.Step(Confirms("e", second));
        Assert.Equal(second, group.Events<RoundConfirmed>("a").Last().Round);

        AppendAnswer Confirms(string from, long round) => new(from, "a", term, true, 1, 1, 0, round);
    }

    // An election that took long: trust counts from a round that was sent a short while ago.
    [Fact]
    public void The_seat_is_held_from_the_sending_of_a_confirmed_round()
    {
        _group.Stand("a");
        _group.Wake("a");
        _group.Deliver(m => m is not (Append or AppendAnswer));
        var sentAt = _group.Now;
        _group.Pass(300);
        _group.Deliver();
        Assert.Equal(sentAt, _group.Events<Elected>("a").Single().AnchoredAt);

        var slow = new RaftGroup();
        slow.Stand("a");
        slow.Wake("a");
        slow.Deliver(m => m is not (Append or AppendAnswer));
        slow.Pass(700);
        slow.Deliver();
        Assert.Equal(slow.Now, slow.Events<Elected>("a").Single().AnchoredAt);
    }

    // Thesis 6.2: a leader steps down if an election timeout (here: its lease) passes without a round to a majority.
    [Fact]
    public void A_leader_without_a_majority_steps_down_at_the_end_of_its_lease()
    {
        var group = new RaftGroup("abcde");
        var term = group.Elect("a");
        group.Pass(500);
        Assert.False(group.Beat("a", "ab"));
        group.Lose();
        group.RunUntil(() => group.Events<Lost>("a").Any(), "a");
        Assert.Equal(new Lost(term, LostBecause.LeaseRanOut), group.Events<Lost>("a").Single());
        Assert.Equal(0, group["a"].Beat(group.Now, term, RaftGroup.Lease));
        Assert.Equal(new MajorityMissing(2, 5), group.Events<MajorityMissing>("a").Last());
    }

    // Nobody renews: neither entries nor what is sent again keep the seat.
    [Fact]
    public void Writes_do_not_keep_a_seat_that_nobody_renews()
    {
        var term = _group.Elect("a");
        _group.Stand("b");
        for (var i = 0; i < 30 && _group["a"].Leads; i++)
        {
            _group.Pass(50);
            _group.Do("a", r => r.Tick(_group.Now));
            _group.Do("a", r => r.Propose(_group.Now, term, []));
            _group.Deliver();
        }

        Assert.False(_group["a"].Leads);
        _group.RunUntil(() => _group["b"].Leads);
    }

    // Section 8 of the paper, thesis 6.4: a read asks a majority whether it is still led; that promises no lease.
    [Fact]
    public void A_round_for_a_read_confirms_and_promises_nothing()
    {
        var term = _group.Elect("a");
        _group.Pass(800);
        var round = _group.Do("a", r => r.Beat(_group.Now, term, TimeSpan.Zero));
        Assert.DoesNotContain(_group.Events<RoundConfirmed>("a"), e => e.Round == round);
        _group.Deliver();
        Assert.Equal(TimeSpan.Zero, _group.Events<RoundConfirmed>("a").Single(e => e.Round == round).Lease);
        _group.Pass(210);
        Assert.True(_group.Answer<VoteAnswer>(new VoteRequest("c", "b", term + 1, 9, term, -1)).Granted);
    }

    private void Beat(long term, TimeSpan lease, long round) =>
        _group.Step(new Append("a", "b", term, 0, 0, [], 0, round, lease, []));
}
