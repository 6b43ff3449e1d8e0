using AspireElection.Stores.Quorum.Protocol;

namespace AspireElection.Tests.Stores.Quorum.Paper;

/// <summary>Replication: paper, figure 2 (AppendEntries RPC), sections 5.3 and 5.4.2, figures 7 and 8.</summary>
public sealed class LogTests
{
    // Figure 7: "when the leader at the top comes to power, it is possible that any of scenarios (a-f) could occur".
    [Theory]
    [InlineData("a: one entry missing", new long[] { 1, 1, 1, 4, 4, 5, 5, 6, 6 })]
    [InlineData("b: many missing", new long[] { 1, 1, 1, 4 })]
    [InlineData("c: one uncommitted too many", new long[] { 1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6 })]
    [InlineData("d: a later term's entries", new long[] { 1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7 })]
    [InlineData("e: both", new long[] { 1, 1, 1, 4, 4, 4, 4 })]
    [InlineData("f: both, over two terms", new long[] { 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3 })]
    public void The_logs_of_figure_7_become_the_leaders(string situation, long[] follower)
    {
        var group = new RaftGroup("abcd");
        long[] leaders = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
        group.Restore("a", 7, leaders);
        group.Restore("b", 7, follower);
        group.Restore("c", 7, 1, 1, 1, 4);
        group.Restore("d", 7, 1, 1, 1, 4);
        Assert.True(group.Elect("a", "acd") == 8, situation);
        group.Beat("a");
        group.RunUntil(() => group.Terms("b") == group.Terms("a"));
        Assert.Equal("1 1 1 4 4 5 5 6 6 6 8", group.Terms("b"));
    }

    // Figure 8: an entry of an earlier term on a majority may still be overwritten; only one of the own term commits it.
    [Fact]
    public void An_entry_of_an_earlier_term_is_not_committed_by_counting_it()
    {
        var group = new RaftGroup("abcde");
        group.Restore("a", 3, 1, 2);
        group.Restore("b", 3, 1, 2);
        group.Restore("c", 3, 1);
        group.Restore("d", 3, 1);
        group.Restore("e", 3, 1, 3);
        // (c): a leads in term 4; its entry of term 2 reaches c as well, that of term 4 does not yet.
        group.Stand("a");
        group.Wake("a");
        group.Deliver(m => m is PreVoteRequest or PreVoteAnswer or VoteRequest or VoteAnswer && m.From != "e" && m.To != "e");
        group.Lose();
        var term = group["a"].Term;
        Assert.Equal((RaftRole.Leader, 4L), (group["a"].Role, term));
        foreach (var peer in new[] { "b", "c" })
            group.Step(new AppendAnswer(peer, "a", term, true, 2, 1, 0, 0));
        Assert.True(group["a"].Commit < 2, "an entry of term 2 was committed by counting replicas");
        // (e): once an entry of the own term is on a majority, all before it is committed.
        foreach (var peer in new[] { "b", "c" })
            group.Step(new AppendAnswer(peer, "a", term, true, 3, 2, 0, 0));
        Assert.Equal(3, group["a"].Commit);
    }

    // Figure 2, AppendEntries RPC, rules 1 to 5.
    [Fact]
    public void A_follower_keeps_the_rules_of_figure_2()
    {
        var group = new RaftGroup();
        group.Restore("b", 5, 1, 1, 4);
        Assert.Equal(5, group.Answer<AppendAnswer>(Append(4, 3, 4)).Term);
        Assert.False(group.Answer<AppendAnswer>(Append(5, 4, 4)).Matched);
        Assert.False(group.Answer<AppendAnswer>(Append(5, 3, 5)).Matched);
        Assert.Equal("1 1 4", group.Terms("b"));
        // Overtaken appends that match take nothing back.
        Assert.Equal(2, group.Answer<AppendAnswer>(Append(5, 1, 1, 1)).Match);
        Assert.Equal("1 1 4", group.Terms("b"));
        // A conflict cuts from there on.
        Assert.Equal(3, group.Answer<AppendAnswer>(Append(5, 1, 1, 1, 5)).Match);
        Assert.Equal("1 1 5", group.Terms("b"));

        static Append Append(long term, long previous, long previousTerm, params long[] entries) => new(
            "a", "b", term, previous, previousTerm, [.. entries.Select((t, i) => new LogEntry(previous + 1 + i, t, EntryKind.Command, []))], 0, 0, TimeSpan.Zero, []);
    }

    // Figure 2, rule 5: commitIndex = min(leaderCommit, index of last new entry).
    [Fact]
    public void A_follower_commits_only_what_it_knows_to_be_the_leaders()
    {
        var group = new RaftGroup();
        group.Restore("b", 5, 1, 1, 4, 4);
        group.Step(new Append("a", "b", 5, 2, 1, [], 9, 0, TimeSpan.Zero, []));
        Assert.Equal(2, group["b"].Commit);
        Assert.Equal("11", group.Applied("b"));
    }

    // Figure 3, leader completeness; section 5.3: what was committed is never cut, whoever says so.
    [Fact]
    public void A_committed_entry_is_not_cut()
    {
        var group = new RaftGroup();
        group.Restore("b", 5, 1, 1);
        group.Step(new Append("a", "b", 5, 2, 1, [], 2, 0, TimeSpan.Zero, []));
        var wrong = new Append("a", "b", 5, 1, 1, [new LogEntry(2, 5, EntryKind.Command, [])], 2, 0, TimeSpan.Zero, []);
        Assert.Throws<InvalidOperationException>(() => group["b"].Step(group.Now, wrong));
    }

    // Section 5.3: lost and reordered appends are sent again until all logs are the same.
    [Fact]
    public void What_was_lost_is_sent_again_without_a_lease()
    {
        var group = new RaftGroup();
        var term = group.Elect("a");
        group.Propose("a", "x");
        group.Lose();
        group.Propose("a", "y");
        group.Lose();
        group.RunUntil(() => group["a"].Commit == group["a"].LastIndex);
        Assert.Equal("xy", group.Applied("a"));
        group.RunUntil(() => group.Applied("b") == "xy" && group.Applied("c") == "xy");
        Assert.Equal(term, group["a"].Term);
    }

    [Fact]
    public void Proposals_are_bounded_and_only_of_the_leader_of_that_term()
    {
        var group = new RaftGroup();
        var term = group.Elect("a");
        Assert.Equal(Refusal.NotLeader, group["b"].Propose(group.Now, term, []).Refused);
        Assert.Equal(Refusal.NotLeader, group["a"].Propose(group.Now, term - 1, []).Refused);
        var taken = 0;
        while (group["a"].Propose(group.Now, term, []).Taken)
            taken++;
        Assert.Equal(Refusal.Busy, group["a"].Propose(group.Now, term, []).Refused);
        Assert.Equal(1024, taken);
    }
}
