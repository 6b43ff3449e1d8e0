using AspireElection.Stores.Postgres;
using AspireElection.Tests.Simulation;

namespace AspireElection.Tests.Stores;

/// <summary>What a candidate that waits in line on PostgreSQL has said with its wait, and is told of it.</summary>
public sealed class StandingMembersTests
{
    private static readonly Member s_self = new("election", new CandidateId("node-1", "1"), Role.Follower, 0, null, 0);

    private readonly SimulatedClock _clock = new();
    private readonly StandingMembers _standing;

    public StandingMembersTests() => _standing = new StandingMembers(_clock);

    [Fact]
    public void What_went_with_the_wait_is_not_said_again_and_is_marked_as_remembered()
    {
        Assert.Null(_standing.Say(s_self));
        _standing.Heard(s_self, [s_self]);
        _clock.Skip(TimeSpan.FromSeconds(10));
        var members = _standing.Say(s_self);
        Assert.IsType<RecalledMembers>(members);
        Assert.Equal([s_self], members);
    }

    [Fact]
    public void What_is_new_or_was_heard_long_ago_is_said_now()
    {
        Assert.Null(_standing.Say(s_self));
        _standing.Heard(s_self, [s_self]);
        _clock.Skip(TimeSpan.FromSeconds(10));
        Assert.Null(_standing.Say(s_self with { Role = Role.Candidate }));
        _standing.Heard(s_self, [s_self]);
        _clock.Skip(TimeSpan.FromSeconds(16));
        Assert.Null(_standing.Say(s_self with { Priority = 1 }));
    }
}
