using AspireElection.Stores.Quorum.Protocol;

namespace AspireElection.Tests.Stores.Quorum.Paper;

/// <summary>Who goes first when the seat is free: no rush, the best before the others, and never nobody.</summary>
public sealed class TurnTests
{
    // Section 5.2 spreads timeouts at random; here rank spreads them, so that the herd is not even asked.
    [Fact]
    public void The_best_stands_first_ties_go_to_the_lower_id_and_the_others_stay_quiet()
    {
        var group = new RaftGroup("abcde");
        group.Elect("a");
        group.Stand("b", 1);
        group.Stand("c", 5);
        group.Stand("d", 5);
        group.Stand("e");
        group.Beat("a");
        group.Beat("a");
        string[] order = [.. new[] { "b", "c", "d", "e" }.OrderBy(i => group[i].WakeAt)];
        Assert.Equal(["c", "d", "b", "e"], order);
        Assert.True(group["d"].WakeAt - group["c"].WakeAt > TimeSpan.Zero);
        // The leader is gone: c alone campaigns.
        group.RunUntil(() => group["c"].Leads, "bcde");
        Assert.All(["b", "d", "e"], i => Assert.Equal(RaftRole.Follower, group[i].Role));
        Assert.Equal(2, group["c"].Term);
    }

    [Fact]
    public void New_peers_that_know_nothing_of_each_other_go_by_id()
    {
        var group = new RaftGroup();
        foreach (var id in new[] { "c", "b", "a" })
            group.Stand(id);
        Assert.True(group["a"].WakeAt < group["b"].WakeAt && group["b"].WakeAt < group["c"].WakeAt);
        group.RunUntil(() => group["a"].Leads);
        Assert.Equal(1, group["a"].Term);
    }

    [Fact]
    public void A_best_one_that_is_dead_costs_a_slot()
    {
        var group = new RaftGroup("abcd");
        group.Elect("a");
        group.Stand("b", 5);
        group.Stand("c");
        group.Beat("a");
        group.Beat("a");
        Assert.InRange(group["c"].WakeAt - group["b"].WakeAt, TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(80));
        group.RunUntil(() => group["c"].Leads, "cd" + "a");
    }

    [Fact]
    public void A_split_vote_is_resolved_by_timeout()
    {
        var group = new RaftGroup("ab");
        foreach (var id in new[] { "a", "b" })
        {
            group.Stand(id);
            group.Wake(id);
        }

        group.Deliver(m => m is PreVoteRequest or PreVoteAnswer);
        Assert.All(["a", "b"], i => Assert.Equal(RaftRole.Candidate, group[i].Role));
        group.Deliver();
        Assert.All(["a", "b"], i => Assert.Equal((RaftRole.Candidate, 1L), (group[i].Role, group[i].Term)));
        group.RunUntil(() => group["a"].Leads || group["b"].Leads);
        Assert.True(group["a"].Leads);
    }

    // One near voter refuses at once; the others are far, or their disks are slow. That refusal is no proof that the vote was split.
    [Fact]
    public void A_refusal_does_not_cut_short_the_time_for_votes_that_are_under_way()
    {
        var group = new RaftGroup("abcde");
        group.Stand("a");
        group.Wake("a");
        group.Deliver(m => m is PreVoteRequest or PreVoteAnswer);
        Assert.Equal((RaftRole.Candidate, 1L), (group["a"].Role, group["a"].Term));
        group.Step(new VoteAnswer("b", "a", 1, Granted: false));
        group.Pass(200);
        group.Do("a", r => r.Tick(group.Now));
        group.Deliver();
        Assert.Equal((true, 1L), (group["a"].Leads, group["a"].Term));
        Assert.Empty(group.Events<MajorityMissing>("a"));
    }

    // In the paper every server stands. Found by a history: the only one that waits has not all that may be committed.
    [Fact]
    public void A_voter_that_has_more_than_all_candidates_brings_the_logs_up_to_date()
    {
        var group = new RaftGroup();
        group.Elect("a");
        group.Propose("a", "x");
        group.DeliverAmong("ac");
        Assert.Equal("x", group.Applied("a"));
        group.Lose();
        group.Stand("b");
        // a is dead; c does not wait for the seat, and must not vote for b.
        group.RunUntil(() => group["b"].Leads, "bc");
        Assert.Equal("x", group.Applied("b"));
        Assert.Empty(group.Events<Elected>("c"));
        Assert.Equal(TimeSpan.MaxValue, group["c"].WakeAt);
    }

    [Fact]
    public void A_lone_peer_elects_itself_and_confirms_its_own_rounds()
    {
        var group = new RaftGroup("a");
        var term = group.Elect("a");
        Assert.True(group.Beat("a"));
        group.Propose("a", "x");
        Assert.Equal("x", group.Applied("a"));
        group.Do("a", r => r.Transfer(group.Now, term));
        Assert.False(group["a"].Leads);
    }
}
