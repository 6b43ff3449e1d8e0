using AspireElection.Stores.Quorum.Protocol;

namespace AspireElection.Stores.Quorum;

/// <summary>A peer whose log was damaged neither votes nor stands until a leader has brought it up to date.</summary>
public sealed class ForgottenTests
{
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(100);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);

    private readonly RaftState _peer = new(
        new RaftSettings { Self = "b", Peers = ["a", "b", "c"] }, RestoredState.Empty with { Forgotten = true }, new Random(1), Start);

    [Fact]
    public void It_gives_no_vote_and_does_not_stand()
    {
        Assert.False(Answer<PreVoteAnswer>(Start, new PreVoteRequest("c", "b", 7, 1, 0, 0)).Granted);
        Assert.False(Answer<VoteAnswer>(Start, new VoteRequest("c", "b", 7, 0, 0, -1)).Granted);
        _peer.Stand(Start, new Standing(0, Lease, []));
        Assert.Equal(TimeSpan.MaxValue, _peer.WakeAt);
        _peer.Step(Start, new TimeoutNow("c", "b", 7));
        Assert.Equal(RaftRole.Follower, _peer.Role);
    }

    [Fact]
    public void What_a_leader_says_before_it_has_committed_anything_of_its_own_term_is_not_enough()
    {
        // A leader that was just elected knows of no commit yet, although its log holds what was committed before.
        Hear(new Append("a", "b", 7, 0, 0, [], 0, 1, Lease, []));
        Hear(new Append("a", "b", 7, 0, 0, [Entry(1, 6), Entry(2, 7)], 1, 2, Lease, []));
        // Nor is one that promises no lease, or that knows of more than it sent.
        Hear(new Append("a", "b", 7, 2, 7, [], 2, 0, TimeSpan.Zero, []));
        Hear(new Append("a", "b", 7, 2, 7, [], 3, 3, Lease, []));
        Assert.True(_peer.HasForgotten);
        Assert.False(Answer<VoteAnswer>(Start + (Lease * 2), new VoteRequest("c", "b", 8, 9, 7, -1)).Granted);
    }

    [Fact]
    public void Brought_up_to_date_it_votes_after_the_lease_that_it_promised()
    {
        Hear(new Append("a", "b", 7, 0, 0, [Entry(1, 6), Entry(2, 7)], 2, 1, Lease, []));
        Assert.False(_peer.HasForgotten);
        Assert.False(Answer<VoteAnswer>(Start + (Lease / 2), new VoteRequest("c", "b", 8, 9, 7, -1)).Granted);
        Assert.False(Answer<VoteAnswer>(Start + (Lease * 2), new VoteRequest("c", "b", 8, 1, 6, -1)).Granted);
        Assert.True(Answer<VoteAnswer>(Start + (Lease * 2), new VoteRequest("c", "b", 8, 2, 7, -1)).Granted);
    }

    private static LogEntry Entry(long index, long term) => new(index, term, EntryKind.Command, [1]);

    private void Hear(RaftMessage message)
    {
        _peer.Step(Start, message);
        while (_peer.TakeReady() is not null)
        {
        }
    }

    private T Answer<T>(TimeSpan now, RaftMessage message)
        where T : RaftMessage
    {
        _peer.Step(now, message);
        T? answer = null;
        while (_peer.TakeReady() is { } ready)
            answer = ready.Messages.OfType<T>().LastOrDefault() ?? answer;
        return answer!;
    }
}
