using AspireElection.Stores.Quorum.Protocol;

namespace AspireElection.Tests.Stores.Quorum.Paper;

/// <summary>Who stands and votes: thesis, section 4.1 (one server at a time) and 4.2.</summary>
public sealed class EligibilityTests
{
    [Fact]
    public void Only_eligible_peers_stand_and_are_counted_and_the_others_replicate()
    {
        var group = new RaftGroup("abcde", "ab");
        group.Stand("e", 9);
        Assert.Equal(TimeSpan.MaxValue, group["e"].WakeAt);
        group.Elect("a", "abe");
        group.Propose("a", "x");
        group.DeliverAmong("ae");
        Assert.Equal(string.Empty, group.Applied("a"));
        group.DeliverAmong("abe");
        Assert.Equal("x", group.Applied("a"));
        Assert.DoesNotContain(group["a"].Line, s => s.Id == "e");
        group.Beat("a", "abe");
        Assert.Equal("x", group.Applied("e"));
        // The round of a majority of all but not of the eligible confirms nothing.
        group.Lose();
        Assert.False(group.Beat("a", "acde"));
    }

    // Thesis 4.1: the new configuration is used as soon as its entry is in the log.
    [Fact]
    public void A_peer_is_counted_from_when_its_entry_is_in_the_log()
    {
        var group = new RaftGroup("abc", "a");
        var term = group.Elect("a", "abc");
        Assert.True(group.Do("a", r => r.MakeEligible(group.Now, term, "b")).Taken);
        Assert.Equal(["a", "b"], group["a"].Eligible);
        Assert.True(group["a"].Commit < group["a"].LastIndex);
        group.Deliver();
        Assert.Equal(group["a"].LastIndex, group["a"].Commit);
        Assert.True(group["b"].IsEligible);
        group.Stand("b", 3);
        group.Beat("a");
        group.Do("a", r => r.Transfer(group.Now, term));
        group.Deliver();
        Assert.True(group["b"].Leads);
    }

    // Thesis 4.1: one change at a time, and (Ongaro, raft-dev 2015) none before an entry of the own term is committed.
    [Fact]
    public void The_next_change_waits_for_the_commit_of_the_one_before_and_for_a_lease_under_it()
    {
        var group = new RaftGroup("abcde", "abc");
        var term = group.Elect("a");
        group.Do("a", r => r.MakeEligible(group.Now, term, "d"));
        Assert.Equal(Refusal.ChangePending, group["a"].MakeEligible(group.Now, term, "e").Refused);
        group.Deliver();
        // Committed, perhaps by c and d. But a trusts by a lease of a and b: c, d and e could elect another within it.
        Assert.Equal(group["a"].LastIndex, group["a"].Commit);
        Assert.Equal(Refusal.ChangePending, group["a"].MakeEligible(group.Now, term, "e").Refused);
        Assert.True(group.Beat("a"));
        Assert.True(group.Do("a", r => r.MakeEligible(group.Now, term, "e")).Taken);
        group.Deliver();
        Assert.Equal(5, group["a"].Eligible.Count);
    }

    [Fact]
    public void A_change_that_makes_no_sense_is_refused()
    {
        var group = new RaftGroup("abc", "ab");
        var term = group.Elect("a", "ab");
        Assert.Equal(Refusal.UnknownPeer, group["a"].MakeEligible(group.Now, term, "x").Refused);
        Assert.Equal(Refusal.AlreadyEligible, group["a"].MakeEligible(group.Now, term, "b").Refused);
        Assert.Equal(Refusal.NotLeader, group["b"].MakeEligible(group.Now, term, "c").Refused);
        for (var i = 0; i < 5; i++)
        {
            group.Pass(300);
            group.Beat("a", "ab");
        }

        Assert.Equal(Refusal.Behind, group["a"].MakeEligible(group.Now, term, "c").Refused);
    }

    // Thesis 4.1: a server always uses the latest configuration in its log; what is cut off was never in force.
    [Fact]
    public void A_change_that_is_cut_off_is_undone()
    {
        var group = new RaftGroup("abc", "ab");
        group.Step(new Append("a", "b", 1, 0, 0, [new LogEntry(1, 1, EntryKind.Eligible, RaftGroup.Bytes("c"))], 0, 0, TimeSpan.Zero, []));
        Assert.Equal(3, group["b"].Eligible.Count);
        group.Step(new Append("a", "b", 2, 0, 0, [new LogEntry(1, 2, EntryKind.Command, [])], 0, 0, TimeSpan.Zero, []));
        Assert.Equal(["a", "b"], group["b"].Eligible);
        group.Restart("b");
        Assert.Equal(["a", "b"], group["b"].Eligible);
    }

    // Thesis 4.2.2 ff.: a server votes for a candidate whatever its own configuration says; the candidate counts.
    [Fact]
    public void A_peer_that_does_not_know_yet_that_it_is_eligible_votes()
    {
        var group = new RaftGroup("abcd", "abc");
        Assert.True(group.Answer<VoteAnswer>(new VoteRequest("b", "d", 1, 5, 1, -1)).Granted);
    }

    [Fact]
    public void The_vote_of_a_peer_that_is_not_eligible_is_not_counted()
    {
        var group = new RaftGroup("abcd", "abc");
        group.Stand("a");
        group.Wake("a");
        group.Deliver(m => m is PreVoteRequest or PreVoteAnswer);
        group.Step(new VoteAnswer("d", "a", 1, true));
        Assert.Equal(RaftRole.Candidate, group["a"].Role);
    }
}
