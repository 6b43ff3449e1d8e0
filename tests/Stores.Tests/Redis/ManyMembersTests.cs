using AspireElection.Stores.Redis;
using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Stores.Tests.Redis;

/// <summary>Where members are many, a heartbeat is answered with those that decide something, and with all now and then.</summary>
public sealed class ManyMembersTests(RedisServer server) : RedisTests(server)
{
    private const int Many = 500;

    /// <summary>Within so many heartbeats a node has heard of everybody.</summary>
    private const int Round = Many / Roster.Head + 2;

    [Fact]
    public async Task All_are_known_from_the_first_heartbeat_on()
    {
        await JoinAsync(Many);
        var store = await StoreAsync();
        for (var beat = 0; beat < Round; beat++)
            Assert.Equal(Many + 1, (await BeatAsync(store, "self")).Count);
    }

    [Fact]
    public async Task A_heartbeat_costs_the_server_a_part_of_the_list()
    {
        await JoinAsync(Many);
        var store = await StoreAsync();
        await BeatAsync(store, "self");
        var whole = await BytesOfAsync(() => store.ListAsync(Election, Ending).AsTask());
        var beats = await BytesOfAsync(async () =>
        {
            for (var i = 0; i < 2 * Round; i++)
                await BeatAsync(store, "self");
        });
        Assert.InRange(beats, 1, (long)(whole * 2 * Round * 0.6));
    }

    [Fact]
    public async Task The_best_in_rank_and_the_leader_are_told_at_once()
    {
        await JoinAsync(Many);
        var store = await StoreAsync();
        var held = await Acquire(store, Stand("zzz-leader"));
        var leader = new Member(Election, held.Term.Candidate, Role.Leader, -5, null, held.Term.Token);
        await BeatAsync(store, "self");
        var other = await StoreAsync();
        await other.HeartbeatAsync(leader, Ending);
        await other.HeartbeatAsync(MemberOf("best", 7), Ending);

        var members = await BeatAsync(store, "self");
        Assert.Equal("best", members[0].Id.NodeId);
        Assert.Equal(Role.Leader, members.Single(m => m.Id == leader.Id).Role);
    }

    [Fact]
    public async Task Who_comes_goes_or_ranks_low_is_heard_of_in_a_round()
    {
        await JoinAsync(Many);
        var store = await StoreAsync();
        await BeatAsync(store, "self");
        var other = await StoreAsync();
        await other.HeartbeatAsync(MemberOf("zzz-late", -9), Ending);
        await other.LeaveAsync(Election, MemberOf($"node-{Many - 1:0000}", 0).Id, Ending);

        IReadOnlyList<Member> members = [];
        for (var beat = 0; beat < Round; beat++)
            members = await BeatAsync(store, "self");
        Assert.Contains(members, m => m.Id.NodeId == "zzz-late");
        Assert.DoesNotContain(members, m => m.Id.NodeId == $"node-{Many - 1:0000}");
        Assert.Equal(Many + 1, members.Count);
    }

    [Fact]
    public async Task Who_ranked_first_and_has_left_is_not_made_way_for()
    {
        await JoinAsync(Many);
        var other = await StoreAsync();
        await other.HeartbeatAsync(MemberOf("best", 7), Ending);
        var store = await StoreAsync();
        Assert.Equal("best", (await BeatAsync(store, "self"))[0].Id.NodeId);
        await other.LeaveAsync(Election, MemberOf("best", 7).Id, Ending);

        var members = await BeatAsync(store, "self");
        Assert.DoesNotContain(members, m => m.Id.NodeId == "best");
        Assert.Equal(Many + 1, members.Count);
    }

    [Fact]
    public async Task Observers_do_not_hide_who_may_lead()
    {
        await JoinAsync(Many, Role.Observer, priority: 50);
        var store = await StoreAsync();
        await BeatAsync(store, "self");
        await (await StoreAsync()).HeartbeatAsync(MemberOf("better", 9), Ending);
        Assert.Contains(await BeatAsync(store, "self"), m => m.Id.NodeId == "better");
    }

    private Member MemberOf(string node, int priority, Role role = Role.Follower) =>
        new(Election, new CandidateId(node, "1"), role, priority, null, 0);

    private async Task<IReadOnlyList<Member>> BeatAsync(RedisStore store, string node) =>
        await store.HeartbeatAsync(MemberOf(node, 0), Ending);

    private async Task JoinAsync(int count, Role role = Role.Follower, int priority = 0)
    {
        var store = await StoreAsync();
        await Task.WhenAll(Enumerable.Range(0, count).Select(i => store.HeartbeatAsync(MemberOf($"node-{i:0000}", priority, role), Ending).AsTask()));
    }

    private async Task<long> BytesOfAsync(Func<Task> deed)
    {
        var before = await BytesAsync();
        await deed();
        return await BytesAsync() - before;
    }

    private async Task<long> BytesAsync()
    {
        var text = (string)(await Admin.ExecuteAsync("INFO", "stats"))!;
        return long.Parse(text.Split("total_net_output_bytes:")[1].Split('\r')[0]);
    }
}
