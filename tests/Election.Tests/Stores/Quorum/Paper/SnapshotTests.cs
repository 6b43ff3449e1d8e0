using AspireElection.Stores.Quorum.Protocol;

namespace AspireElection.Tests.Stores.Quorum.Paper;

/// <summary>Snapshots: paper, section 7 and figure 13.</summary>
public sealed class SnapshotTests
{
    private readonly RaftGroup _group = new();

    [Fact]
    public void A_follower_that_needs_what_the_leader_no_longer_has_gets_the_snapshot()
    {
        LeaveBehind("c");
        _group.RunUntil(() => _group["c"].Commit == _group["a"].Commit && Beats());
        Assert.Equal(RaftGroup.Bytes("state"), _group.Disk("c").Snapshot!.Data);
        Assert.Equal(_group["a"].LastIndex, _group["c"].LastIndex);

        bool Beats() => _group.Beat("a");
    }

    // A majority of leader and one follower that needs a snapshot: the leader must not lose its lease over that.
    [Fact]
    public void A_follower_that_waits_for_a_snapshot_confirms_leases()
    {
        LeaveBehind("c");
        var round = _group.Do("a", r => r.Beat(_group.Now, r.Term, RaftGroup.Lease));
        _group.Deliver(m => m is not InstallSnapshot && "ac".Contains(m.From, StringComparison.Ordinal) && "ac".Contains(m.To, StringComparison.Ordinal));
        Assert.Contains(_group.Events<RoundConfirmed>("a"), e => e.Round == round);
    }

    // Figure 13, steps 6 and 7.
    [Theory]
    [InlineData(3, 2, "3 3", "it continues the snapshot and stays")]
    [InlineData(3, 9, "", "it does not, and goes")]
    public void Entries_behind_a_snapshot_stay_only_if_they_continue_it(long index, long term, string left, string why)
    {
        _group.Restore("b", 9, 1, 2, 2, 3, 3);
        _group.Step(new InstallSnapshot("a", "b", 9, new Snapshot(index, term, ["a", "b", "c"], RaftGroup.Bytes("s"))));
        Assert.True(left == _group.Terms("b"), why);
        Assert.Equal(3, _group["b"].Commit);
        _group.Restart("b");
        Assert.Equal(3 + (left.Length + 1) / 2, _group["b"].LastIndex);
    }

    [Fact]
    public void An_older_snapshot_and_appends_from_before_it_change_nothing()
    {
        _group.Step(new InstallSnapshot("a", "b", 5, new Snapshot(10, 4, ["a", "b", "c"], [])));
        _group.Step(new InstallSnapshot("a", "b", 5, new Snapshot(7, 4, ["a", "b", "c"], [])));
        Assert.Equal(10, _group["b"].Commit);
        // Its previous entry is behind the snapshot, its last one is not.
        var append = new Append("a", "b", 5, 8, 4, [.. Enumerable.Range(9, 4).Select(i => new LogEntry(i, i < 11 ? 4 : 5, EntryKind.Command, []))], 11, 0, TimeSpan.Zero, []);
        var answer = _group.Answer<AppendAnswer>(append);
        Assert.Equal((true, 12L), (answer.Matched, answer.Match));
        Assert.Equal((12L, 11L), (_group["b"].LastIndex, _group["b"].Commit));
        Assert.Equal("5 5", _group.Terms("b"));
        // One that ends before it is answered with what is known to be committed.
        Assert.Equal(11, _group.Answer<AppendAnswer>(append with { PrevIndex = 2, PrevTerm = 1, Entries = [] }).Match);
    }

    [Fact]
    public void A_snapshot_keeps_who_is_eligible()
    {
        var group = new RaftGroup("abc", "a");
        var term = group.Elect("a");
        group.Do("a", r => r.MakeEligible(group.Now, term, "b"));
        group.Deliver();
        group.Do("a", r => r.Compact(r.Commit, []));
        group.Restart("a");
        Assert.Equal(["a", "b"], group["a"].Eligible);
        Assert.Throws<ArgumentOutOfRangeException>(() => group["a"].Compact(group["a"].LastIndex + 1, []));
    }

    // A crash between the leader's snapshot and the removal of entries that it does not continue.
    [Fact]
    public void Stored_entries_that_do_not_continue_the_snapshot_are_dropped_at_the_start()
    {
        var disk = _group.Disk("b");
        disk.Store(new Ready { CutFrom = 1, Entries = [.. Enumerable.Range(1, 6).Select(i => new LogEntry(i, 1, EntryKind.Command, []))] });
        disk.Store(new Ready { Snapshot = new Snapshot(4, 3, ["a", "b", "c"], []) });
        _group.Restart("b");
        Assert.Equal((4L, 3L), (_group["b"].LastIndex, _group["b"].Term));
    }

    private void LeaveBehind(string id)
    {
        _group.Elect("a", "ab");
        for (var i = 0; i < 5; i++)
        {
            _group.Propose("a", "x");
            _group.DeliverAmong("ab");
            _group.Lose(m => m.To == id);
        }

        _group.Do("a", r => r.Compact(r.Commit, RaftGroup.Bytes("state")));
        Assert.True(_group.Beat("a", "abc"));
    }
}
