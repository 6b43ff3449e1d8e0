using AspireElection.Workers.Http;

namespace AspireElection.Workers;

/// <summary>The sentence on a worker's first page.</summary>
public sealed class LeaderTextTests
{
    [Theory]
    [InlineData("http://127.0.0.1:8081", "I am a follower and the leader is on port 8081")]
    [InlineData("http://10.0.0.7:80", "I am a follower and the leader is on port 80")]
    [InlineData(null, "I am a follower and the leader is n2")]
    [InlineData("somewhere", "I am a follower and the leader is somewhere")]
    public void A_follower_says_where_the_leader_is(string? address, string text) =>
        Assert.Equal(text, LeaderText.Of(Seen(new Leader("n2", "x", address, 5, default))));

    [Fact]
    public void A_follower_says_that_there_is_none() =>
        Assert.Equal("I am a follower and there is no leader", LeaderText.Of(Seen(null)));

    [Fact]
    public void A_leader_says_so() =>
        Assert.Equal("I am the leader", LeaderText.Of(Seen(null) with { IsLeader = true }));

    private static ElectionSnapshot Seen(Leader? leader) =>
        new("e", "memory", new CandidateId("n1", "y"), Role.Follower, 5, false, leader, TimeSpan.Zero, 0, 1, []);
}
