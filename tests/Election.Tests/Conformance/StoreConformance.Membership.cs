namespace AspireElection.Conformance;

/// <summary>Who takes part.</summary>
public abstract partial class StoreConformance<TStore>
{
    /// <summary>Long enough that a heartbeat just sent is not stale on a busy machine.</summary>
    private static readonly TimeSpan NodeTimeout = TimeSpan.FromSeconds(1.5);

    [Fact]
    public async Task Members_are_seen_by_all_and_ordered_by_priority_then_node_then_incarnation()
    {
        var (one, two) = await TwoStoresAsync();
        await Heartbeat(one, Self("node-b", "x"));
        await Heartbeat(two, Self("node-a", "z", priority: 1));
        await Heartbeat(two, Self("node-b", "w"));
        await Heartbeat(one, Self("node-B", "y"));
        var answered = await Heartbeat(one, Self("node-c", "v", priority: 7));
        string[] expected = ["node-c#v", "node-a#z", "node-B#y", "node-b#w", "node-b#x"];
        Assert.Equal(expected, answered.Select(m => m.Id.ToString()));
        Assert.Equal(expected, (await List(two)).Select(m => m.Id.ToString()));
    }

    [Fact]
    public async Task A_member_is_kept_as_it_last_said_with_the_times_of_the_store()
    {
        var (one, two) = await TwoStoresAsync();
        var self = Self("node-1", "x") with { Joined = DateTimeOffset.MaxValue, LastHeartbeat = DateTimeOffset.MaxValue };
        var joined = Assert.Single(await Heartbeat(one, self));
        Assert.InRange(joined.Joined, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
        Assert.InRange(joined.LastHeartbeat, joined.Joined, joined.Joined.AddMinutes(1));

        var changed = self with { Role = Role.Leader, Priority = -3, Address = null, Term = 1L << 52 };
        await Until(async () => Assert.Single(await Heartbeat(one, changed)).LastHeartbeat > joined.LastHeartbeat,
            "a heartbeat has a later time than the one before");
        var seen = Assert.Single(await List(two));
        Assert.Equal(changed with { Joined = joined.Joined, LastHeartbeat = seen.LastHeartbeat }, seen);
    }

    [Fact]
    public async Task Who_leaves_is_off_the_list_and_its_other_incarnation_is_not()
    {
        var (one, two) = await TwoStoresAsync();
        await Heartbeat(one, Self("node-1", "old"));
        await Heartbeat(two, Self("node-1", "new"));
        await one.LeaveAsync(Election, new CandidateId("node-1", "old"), default).AsTask().WaitAsync(Bound);
        Assert.Equal("new", Assert.Single(await List(one)).Id.Incarnation);
        await one.LeaveAsync(Election, new CandidateId("node-1", "never"), default).AsTask().WaitAsync(Bound);
        Assert.Single(await List(two));
    }

    [Fact]
    public async Task Silent_members_are_removed_and_others_are_not()
    {
        var (one, two) = await TwoStoresAsync();
        await Heartbeat(one, Self("node-1", "silent"));
        Assert.Equal(0, await RemoveStale(two, TimeSpan.FromMinutes(1)));
        var removed = 0;
        await Until(async () =>
        {
            await Heartbeat(two, Self("node-2", "alive"));
            return (removed += await RemoveStale(two, NodeTimeout)) > 0;
        }, "the silent member is removed");
        Assert.Equal(1, removed);
        Assert.Equal("alive", Assert.Single(await List(one)).Id.Incarnation);
        await Heartbeat(one, Self("node-1", "silent"));
        Assert.Equal(2, (await List(two)).Count);
    }

    [Fact]
    public async Task Members_of_one_election_are_not_members_of_another()
    {
        var store = await StoreAsync();
        await Heartbeat(store, Self("node-1", "x"));
        Assert.Empty(await store.ListAsync(Election + "-2", default).AsTask().WaitAsync(Bound));
    }

    private Member Self(string node, string incarnation, int priority = 0) => new(
        Election, new CandidateId(node, incarnation), Role.Follower, priority, $"http://127.0.0.1/{node}", 3);

    private Task<IReadOnlyList<Member>> Heartbeat(IElectionStore store, Member self) =>
        store.HeartbeatAsync(self, default).AsTask().WaitAsync(Bound);

    private Task<IReadOnlyList<Member>> List(IElectionStore store) =>
        store.ListAsync(Election, default).AsTask().WaitAsync(Bound);

    private Task<int> RemoveStale(IElectionStore store, TimeSpan nodeTimeout) =>
        store.RemoveStaleAsync(Election, nodeTimeout, default).AsTask().WaitAsync(Bound);
}
