using AspireElection.Stores.Quorum.Protocol;

namespace AspireElection.Tests.Stores.Quorum.Paper;

/// <summary>Giving the seat back: thesis, section 3.10, and what it does to leases.</summary>
public sealed class TransferTests
{
    private static readonly TimeSpan LongLease = TimeSpan.FromSeconds(60);

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

    // Messages of the leader that gave back, overtaken by its release, promise nothing any more.
    [Fact]
    public void A_heartbeat_that_comes_after_the_release_of_its_term_promises_nothing()
    {
        var beat = new Append("a", "b", 1, 0, 0, [], 0, 1, RaftGroup.Lease, []);
        _group.Step(beat);
        _group.Step(new SeatReleased("a", "b", 1));
        Assert.Equal(0, _group.Answer<AppendAnswer>(beat).Round);
        Assert.True(_group.Answer<PreVoteAnswer>(new PreVoteRequest("c", "b", 2, 1, 0, 0)).Granted);
        _group.Step(new SeatReleased("a", "b", 1));
        Assert.Single(_group.Events<SeatVacated>("b"));
    }

    // Said once it was lost with a line, and all waited for the end of a lease that its leader had given back. Who stands knows better.
    [Fact]
    public void A_release_that_was_not_heard_is_said_by_who_stands()
    {
        Elect("a", LongLease);
        _group.Do("a", r => r.Transfer(_group.Now, r.Term));
        _group.Deliver(m => m is not SeatReleased);
        _group.Lose();
        var freeAt = _group.Now;
        _group.Stand("a", lease: LongLease);
        _group.Wake("a");
        _group.Deliver();
        Assert.True(_group["a"].Leads);
        Assert.True(_group.Now - freeAt < TimeSpan.FromMilliseconds(50), $"{_group.Now - freeAt}");
    }

    // A late answer of another campaign took b into a higher term while it was bound: it is freed like anybody else.
    [Fact]
    public void A_release_of_a_term_below_the_own_wakes_who_was_bound_to_it()
    {
        _group.Stand("b", lease: LongLease);
        _group.Step(new Append("a", "b", 1, 0, 0, [], 0, 1, LongLease, []));
        _group.Step(new PreVoteAnswer("c", "b", 9, 1, Granted: false));
        Assert.Equal(9, _group["b"].Term);
        Assert.True(_group["b"].WakeAt - _group.Now > LongLease);
        _group.Step(new SeatReleased("a", "b", 1));
        Assert.True(_group["b"].WakeAt - _group.Now < TimeSpan.FromMilliseconds(200), $"{_group["b"].WakeAt - _group.Now}");
        Assert.Equal(1, _group.Events<SeatVacated>("b").Single().Term);
    }

    // The only one that waits was told to campaign, and did not hear it.
    [Fact]
    public void A_release_that_was_not_heard_is_said_again_until_somebody_leads()
    {
        Elect("a", LongLease);
        _group.Stand("b", lease: LongLease);
        _group.Beat("a");
        _group.Do("a", r => r.Transfer(_group.Now, r.Term));
        _group.Deliver(m => m is not (TimeoutNow or SeatReleased));
        Assert.Equal(RaftRole.Follower, _group["a"].Role);
        _group.Lose();
        var freeAt = _group.Now;
        _group.RunUntil(() => _group["b"].Leads);
        Assert.True(_group.Now - freeAt < TimeSpan.FromMilliseconds(300), $"{_group.Now - freeAt}");
        Assert.Equal(TimeSpan.MaxValue, _group["a"].WakeAt);
    }

    // Whoever gave it back is restarted before anybody heard of it: what it has in its log it can say.
    [Fact]
    public void A_restarted_peer_knows_what_was_given_back_by_its_log()
    {
        Elect("a", LongLease);
        _group.Do("a", r => r.Transfer(_group.Now, r.Term));
        _group.Lose();
        _group.Restart("a");
        var freeAt = _group.Now;
        _group.Stand("a", lease: LongLease);
        _group.RunUntil(() => _group["a"].Leads);
        Assert.True(_group.Now - freeAt < TimeSpan.FromMilliseconds(100), $"{_group.Now - freeAt}");
    }

    // Its line was down for longer than the first repeats take. Bound as it is, it asks nobody.
    [Fact]
    public void A_release_is_said_until_a_line_is_back()
    {
        Elect("a", LongLease);
        _group.Stand("b", lease: LongLease);
        _group.Beat("a");
        _group.Do("a", r => r.Transfer(_group.Now, r.Term));
        _group.Deliver(m => m is not (TimeoutNow or SeatReleased));
        _group.Lose();
        var backAt = _group.Now + TimeSpan.FromSeconds(5);
        _group.RunUntil(() => _group.Now >= backAt, "ac");
        _group.RunUntil(() => _group["b"].Leads);
        Assert.True(_group.Now - backAt < TimeSpan.FromMilliseconds(2_500), $"{_group.Now - backAt}");
    }

    [Fact]
    public void A_release_is_not_said_for_ever_where_nobody_stands()
    {
        Elect("a", LongLease);
        _group.Do("a", r => r.Transfer(_group.Now, r.Term));
        _group.Deliver();
        var freeAt = _group.Now;
        var said = 0;
        for (; _group["a"].WakeAt < TimeSpan.MaxValue && said < 100; said++)
        {
            _group.Wake("a");
            _group.Deliver();
        }

        Assert.InRange(said, 10, 20);
        Assert.True(_group.Now - freeAt <= TimeSpan.FromSeconds(30), $"{_group.Now - freeAt}");
        Assert.Single(_group.Events<SeatVacated>("b"));
    }

    // a wins its term by b, which promises its lease; c, which stood in a higher one, takes it from a and wins nothing.
    [Fact]
    public void A_term_that_was_won_in_vain_binds_nobody()
    {
        Collide();
        Deliver("a", "b");
        Assert.Equal(RaftRole.Leader, _group["a"].Role);
        _group.Deliver(m => m is Append && m.To == "b");
        _group.Deliver(m => m is VoteRequest or VoteAnswer);
        Assert.Equal(new Lost(1, LostBecause.HigherTerm), _group.Events<Lost>("a").Single());
        Assert.DoesNotContain("abc", i => _group.Events<Elected>(i.ToString()).Any());
        NextWithinMilliseconds(600);
    }

    // The same after a was told that it leads: its candidate may trust, until it says that it does not.
    [Fact]
    public void A_term_that_was_lost_binds_the_others_until_nobody_trusts_in_it()
    {
        Collide();
        Deliver("a", "b");
        _group.Deliver(m => (m is Append && m.To == "b") || (m is AppendAnswer && m.From == "b"));
        Assert.Equal(1, _group.Events<Elected>("a").Single().Term);
        _group.Deliver(m => m is VoteRequest or VoteAnswer);
        Assert.Equal(new Lost(1, LostBecause.HigherTerm), _group.Events<Lost>("a").Single());
        var until = _group.Now + TimeSpan.FromSeconds(3);
        while (_group.Now < until)
        {
            _group.Pass(50);
            foreach (var id in "abc".Select(i => i.ToString()))
                _group.Do(id, r => r.Tick(_group.Now));
            _group.Deliver();
        }

        Assert.DoesNotContain("bc", i => _group.Events<Elected>(i.ToString()).Any());
        _group.Do("a", r => r.Disown(_group.Now, 2));
        Assert.Empty(_group.Wire.OfType<SeatReleased>());
        _group.Do("a", r => r.Disown(_group.Now, 1));
        NextWithinMilliseconds(600);
    }

    // c leads after all, and is gone before b heard of it: a knows that nobody trusts in its own term, and says so when it stands.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_term_that_was_lost_to_a_leader_that_dies_binds_nobody(bool told)
    {
        Collide();
        Deliver("a", "b");
        _group.Deliver(m => (m is Append && m.To == "b") || (told && m is AppendAnswer && m.From == "b"));
        Assert.Equal(told, _group["a"].Leads);
        _group.Lose();
        _group.Step(new Append("c", "a", 9, 0, 0, [], 0, 0, TimeSpan.Zero, []));
        Assert.Equal(("c", new Lost(1, LostBecause.HigherTerm)), (_group["a"].Leader, _group.Events<Lost>("a").Single()));
        _group.Do("a", r => r.Disown(_group.Now, 1));
        _group.Stand("a", lease: LongLease);
        var freeAt = _group.Now;
        _group.RunUntil(() => _group["a"].Leads, "ab");
        Assert.True(_group.Now - freeAt < TimeSpan.FromMilliseconds(600), $"{_group.Now - freeAt}");
    }

    // A deposed leader's late messages say nothing about the lease of its successor.
    [Fact]
    public void A_late_release_does_not_end_a_later_lease()
    {
        _group.Step(new Append("c", "b", 2, 0, 0, [], 0, 1, RaftGroup.Lease, []));
        _group.Step(new SeatReleased("a", "b", 1));
        _group.Step(new TimeoutNow("a", "b", 1));
        Assert.False(_group.Answer<VoteAnswer>(new VoteRequest("a", "b", 3, 9, 9, -1)).Granted);
        // Nor does a campaign that the leader before it asked for.
        Assert.False(_group.Answer<VoteAnswer>(new VoteRequest("a", "b", 2, 9, 9, 1)).Granted);
        Assert.Equal("c", _group["b"].Leader);
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

    // A candidacy that was cancelled while its term was being won leaves no lease behind.
    [Fact]
    public void A_term_that_was_won_for_nobody_is_given_back()
    {
        _group.Stand("a");
        _group.Wake("a");
        _group.Deliver(m => m is not AppendAnswer);
        Assert.Equal(RaftRole.Leader, _group["a"].Role);
        _group.Do("a", r => r.Withdraw(_group.Now));
        _group.Deliver();
        Assert.Empty(_group.Events<Elected>("a"));
        Assert.NotEmpty(_group.Events<SeatVacated>("b"));
        Assert.Equal(RaftRole.Follower, _group["a"].Role);
    }

    private void Elect(string id, TimeSpan lease)
    {
        _group.Stand(id, lease: lease);
        _group.RunUntil(() => _group[id].Leads);
    }

    /// <summary>a stands in term 1 and c in term 9, each before it hears of the other.</summary>
    private void Collide()
    {
        _group.Stand("a", lease: LongLease);
        _group.Do("c", r => r.Stand(_group.Now, RaftGroup.Standing("c", lease: LongLease) with { AtLeast = 9 }));
        _group.Wake("a");
        _group.Wake("c");
        _group.Deliver(m => m is PreVoteRequest or PreVoteAnswer);
        Assert.All(["a", "c"], i => Assert.Equal(RaftRole.Candidate, _group[i].Role));
        Assert.Equal((1L, 9L), (_group["a"].Term, _group["c"].Term));
    }

    private void Deliver(string one, string other) =>
        _group.Deliver(m => m is VoteRequest or VoteAnswer && ((m.From == one && m.To == other) || (m.From == other && m.To == one)));

    private void NextWithinMilliseconds(double limit)
    {
        var freeAt = _group.Now;
        _group.RunUntil(() => _group.Peers.Values.Any(p => p.Leads));
        Assert.True(_group.Now - freeAt < TimeSpan.FromMilliseconds(limit), $"{_group.Now - freeAt}");
    }
}
