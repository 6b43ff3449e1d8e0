using AspireElection.Stores.Quorum.Protocol;

namespace AspireElection.Tests.Stores.Quorum.Paper;

/// <summary>That a seat was given back is news which lines may lose: who has not heard it waits for a lease that is over.</summary>
public sealed class ReleaseNewsTests
{
    private static readonly TimeSpan LongLease = TimeSpan.FromSeconds(60);

    private readonly RaftGroup _group = new();

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

    private void Elect(string id, TimeSpan lease)
    {
        _group.Stand(id, lease: lease);
        _group.RunUntil(() => _group[id].Leads);
    }
}
