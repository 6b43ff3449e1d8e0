using AspireElection.Stores.Quorum.Protocol;

namespace AspireElection.Tests.Stores.Quorum.Paper;

/// <summary>Giving the seat back: thesis, section 3.10, and what it does to leases.</summary>
public sealed class TransferTests
{
    private readonly RaftGroup _group = new();

    // Thesis 3.10: the target is brought up to date, told to campaign, and elected in spite of the lease (4.2.3).
    [Fact]
    public void The_best_that_waits_is_elected_at_once()
    {
        _group.Elect("a");
        _group.Stand("b", 1);
        _group.Stand("c", 7);
        Assert.True(_group.Beat("a"));
        Assert.Equal(["c", "b"], _group["a"].Line.Select(s => s.Id));
        _group.Propose("a", "x");
        _group.Lose(m => m.To == "c");
        _group.Do("a", r => r.Transfer(_group.Now, r.Term));
        _group.Deliver();
        Assert.True(_group["c"].Leads);
        Assert.Equal("x", _group.Applied("c"));
        Assert.Equal(new Lost(1, LostBecause.Released), _group.Events<Lost>("a").Single());
    }

    [Fact]
    public void Who_gave_the_seat_back_can_neither_renew_nor_write_nor_give_it_back_twice()
    {
        var term = _group.Elect("a");
        _group.Stand("b");
        _group.Beat("a");
        var underWay = _group.Do("a", r => r.Beat(_group.Now, term, RaftGroup.Lease));
        Assert.True(_group.Do("a", r => r.Transfer(_group.Now, term)));
        Assert.False(_group.Do("a", r => r.Transfer(_group.Now, term)));
        Assert.Equal(0, _group.Do("a", r => r.Beat(_group.Now, term, RaftGroup.Lease)));
        Assert.Equal(Refusal.NotLeader, _group["a"].Propose(_group.Now, term, []).Refused);
        _group.Deliver();
        Assert.DoesNotContain(_group.Events<RoundConfirmed>("a"), e => e.Round == underWay);
        Assert.True(_group["b"].Leads);
        // Of a later term of its own it is not the giver.
        Assert.False(_group.Do("b", r => r.Transfer(_group.Now, term)));
        Assert.True(_group["b"].Leads);
    }

    // Nobody waits: no lease is left to wait for.
    [Fact]
    public void A_seat_that_nobody_waits_for_is_free_at_once()
    {
        var term = _group.Elect("a");
        _group.Do("a", r => r.Transfer(_group.Now, term));
        _group.Deliver();
        Assert.Equal(term, _group.Events<SeatVacated>("b").Single().Term);
        var freeAt = _group.Now;
        _group.Elect("c");
        Assert.True(_group.Now - freeAt < TimeSpan.FromMilliseconds(250));
    }

    // The one that was told to campaign is dead: the next goes on a slot later, without waiting for the lease.
    [Fact]
    public void A_dead_successor_costs_a_slot_and_no_lease()
    {
        var group = new RaftGroup("abcd");
        var term = group.Elect("a");
        group.Stand("b", 5);
        group.Stand("c");
        group.Beat("a");
        group.Do("a", r => r.Transfer(group.Now, term));
        group.Deliver(m => m is not TimeoutNow && m is not VoteRequest { Released: >= 0 });
        group.Lose(m => m is TimeoutNow);
        var freeAt = group.Now;
        group.RunUntil(() => group["c"].Leads, "acd");
        Assert.True(group.Now - freeAt < TimeSpan.FromMilliseconds(400), $"{group.Now - freeAt}");
    }

    // The best does not answer: after the time for a campaign the best of those that are up to date is taken.
    [Fact]
    public void A_successor_that_is_not_brought_up_to_date_is_passed_over()
    {
        var term = _group.Elect("a");
        _group.Stand("b", 5);
        _group.Stand("c");
        _group.Beat("a");
        _group.Do("a", r => r.Transfer(_group.Now, term));
        _group.DeliverAmong("ac");
        Assert.Equal(RaftRole.Leader, _group["a"].Role);
        _group.Lose();
        _group.Pass(260);
        _group.Do("a", r => r.Tick(_group.Now));
        _group.DeliverAmong("ac");
        Assert.True(_group["c"].Leads);
    }

    // The leader of term 1 told b to campaign; c was elected in 2 meanwhile, and b, which did not hear of it, skips to 9.
    [Fact]
    public void A_campaign_that_skips_terms_claims_no_lease_of_those_to_be_over()
    {
        _group.Step(new Append("a", "b", 1, 0, 0, [], 0, 1, RaftGroup.Lease, []));
        _group.Step(new Append("c", "a", 2, 0, 0, [], 0, 1, RaftGroup.Lease, []));
        _group.Do("b", r => r.Stand(_group.Now, RaftGroup.Standing("b") with { AtLeast = 9 }));
        _group.Step(new TimeoutNow("a", "b", 1));
        Assert.Equal(9, _group["b"].Term);
        _group.Deliver(m => m is VoteRequest or VoteAnswer && m.From != "c" && m.To != "c");
        Assert.Equal(RaftRole.Candidate, _group["b"].Role);
        Assert.Equal("c", _group["a"].Leader);
    }

    [Fact]
    public void Who_does_not_wait_does_not_campaign_when_told()
    {
        _group.Step(new TimeoutNow("a", "b", 1));
        Assert.Equal((RaftRole.Follower, 1L), (_group["b"].Role, _group["b"].Term));
    }

    // Another candidacy of the same peer: a term of its own, which is what tokens are counted by.
    [Fact]
    public void The_next_candidacy_of_the_same_peer_gets_a_new_term()
    {
        var term = _group.Elect("a");
        _group.Do("a", r => r.Stand(_group.Now, RaftGroup.Standing("second")));
        _group.Do("a", r => r.Transfer(_group.Now, term));
        _group.Deliver();
        Assert.Equal(term + 1, _group.Events<Elected>("a").Last().Term);
        Assert.Equal(RaftGroup.Bytes("second"), _group.Events<Elected>("a").Last().Holder);
    }
}
