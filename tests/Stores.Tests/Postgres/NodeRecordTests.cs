using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Stores.Tests.Postgres;

/// <summary>What <c>node_records</c> says of leaders.</summary>
[Collection(SharedPostgres.Name)]
public sealed class NodeRecordTests(PostgresServer server) : PostgresFacts(server)
{
    [Fact]
    public async Task A_late_heartbeat_of_a_leader_that_was_succeeded_makes_it_a_follower()
    {
        var store = NewStore();
        var past = await Acquire(store, Stand("past"));
        await store.ReleaseAsync(past.Term, CancellationToken.None);
        var present = await Acquire(store, Stand("present"));
        await SayAsync(present.Term);
        await SayAsync(past.Term);
        var members = await store.ListAsync(Election, CancellationToken.None);
        Assert.Equal("present", members.Single(m => m.Role == Role.Leader).Id.NodeId);
        Assert.Equal(Role.Follower, members.Single(m => m.Id.NodeId == "past").Role);

        async Task SayAsync(Term term) =>
            await store.HeartbeatAsync(new Member(Election, term.Candidate, Role.Leader, 0, null, term.Token), CancellationToken.None);
    }
}
