using AspireElection.Tests.Simulation;

namespace AspireElection.Tests.Core;

/// <summary>What the members are listed as: true soon after each change, and without a herd.</summary>
public sealed class PresenceTests
{
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(2);

    [Fact]
    public void A_follower_says_that_it_follows_within_a_retry_period_of_the_news() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var followers = new List<Candidate>();
        for (var number = 2; number <= 6; number++)
            followers.Add(nodes.New($"node-{number}", o => o.Observer = number == 6).Candidate);
        foreach (var follower in followers)
            await follower.StartAsync();
        foreach (var follower in followers)
            await world.UntilAsync(() => follower.Members.Count > 0, Nodes.Lease * 2, "it is listed");
        await world.UntilAsync(() => followers.Exists(f => f.IsLeader), Nodes.Lease, "one leads");
        await world.PassAsync(RetryPeriod);
        var leader = followers.Single(f => f.IsLeader);
        await AreAsync(nodes, followers, leader);

        await leader.ResignAsync();
        await world.UntilAsync(() => followers.Exists(f => f.IsLeader), TimeSpan.FromSeconds(1), "another leads");
        await world.PassAsync(RetryPeriod);
        var next = followers.Single(f => f.IsLeader);
        await RolesAreAsync(nodes, followers, next);
        // The new term alone is no reason to speak sooner than it is time to.
        await world.PassAsync(Nodes.Lease);
        await AreAsync(nodes, followers, next);
        foreach (var follower in followers.OrderBy(f => f.IsLeader))
            await follower.StopAsync();
        Assert.Empty(await nodes.Store.ListAsync(Nodes.Election, default));
    });

    [Fact]
    public void A_node_counts_itself_among_the_living_before_the_store_has_answered() => SimulatedWorld.Run(async world =>
    {
        var (node, way) = new Nodes(world).New("node-1");
        way.Away = new TimeoutException();
        Assert.Empty(node.LiveMembers);
        await node.StartAsync();
        Assert.Equal(node.Id, Assert.Single(node.LiveMembers).Id);
        way.Away = null;
        await world.UntilAsync(() => node.IsLeader && node.Members.Count == 1, Nodes.Lease * 3, "it leads and is listed");
        Assert.Equal(node.Id, Assert.Single(node.LiveMembers).Id);
        await node.StopAsync();
    });

    [Fact]
    public void Who_hears_of_its_leader_only_after_it_has_joined_says_so_within_a_retry_period() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (leader, _) = await nodes.LeaderAsync("node-1");
        var all = new List<Candidate> { leader };
        for (var number = 2; number <= 6; number++)
        {
            var (follower, way) = nodes.New($"node-{number}");
            way.OnObserve = Late;
            await follower.StartAsync();
            all.Add(follower);
        }

        await world.PassAsync(TimeSpan.FromSeconds(0.4));
        Assert.Equal(5, (await nodes.Store.ListAsync(Nodes.Election, default)).Count(m => m.Role == Role.Candidate));
        await world.PassAsync(TimeSpan.FromSeconds(0.2) + RetryPeriod);
        await AreAsync(nodes, all, leader);
        foreach (var node in all.OrderBy(n => n.IsLeader))
            await node.StopAsync();

        async IAsyncEnumerable<Sighting> Late(IAsyncEnumerable<Sighting> sightings)
        {
            await foreach (var sighting in sightings)
            {
                await world.PassAsync(TimeSpan.FromSeconds(0.5));
                yield return sighting;
            }
        }
    });

    [Fact]
    public void Who_was_elected_says_so_at_once_and_not_again_when_it_hears_of_itself() => SimulatedWorld.Run(async world =>
    {
        var (only, way) = new Nodes(world).New("node-1");
        var beats = new List<Role>();
        way.OnHeartbeat = () => beats.Add(only.Role);
        await only.CampaignAsync();
        await world.PassAsync(TimeSpan.FromMilliseconds(1));
        Assert.Equal(Role.Leader, beats[^1]);
        var before = beats.Count;
        await world.PassAsync(RetryPeriod);
        Assert.Equal(before, beats.Count);
        await only.StopAsync();
    });

    [Fact]
    public void Who_stands_for_a_seat_that_nobody_holds_says_so_and_says_the_same_only_once_a_period() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (leader, way) = await nodes.LeaderAsync("node-1");
        var (follower, own) = nodes.New("node-2");
        var beats = new List<(long At, Role Role)>();
        // It cannot be granted the seat: so it is seen to stand.
        own.OnAcquire = _ => throw new StoreUnavailableException("the line is closed");
        own.OnHeartbeat = () => beats.Add((world.Clock.Now, follower.Role));
        await follower.StartAsync();
        await world.PassAsync(Nodes.Lease * 3);
        Assert.Equal(Role.Follower, beats[^1].Role);
        beats.Clear();
        await world.PassAsync(Nodes.Lease * 3);
        Assert.Equal(3, beats.Count);

        beats.Clear();
        way.Away = new StoreUnavailableException("cut off");
        await world.UntilAsync(() => follower.Role == Role.Candidate, Nodes.Lease * 3, "nobody leads");
        await world.PassAsync(RetryPeriod);
        Assert.Equal(Role.Candidate, beats[^1].Role);
        Assert.Contains(await nodes.Store.ListAsync(Nodes.Election, default), m => m is { Id.NodeId: "node-2", Role: Role.Candidate });
        await follower.StopAsync();
        await leader.StopAsync();
    });

    [Fact]
    public void A_hand_over_makes_nobody_speak_who_stays_what_it_was() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (leader, _) = await nodes.LeaderAsync("node-1");
        var followers = new List<Candidate>();
        var beats = new List<(string Node, long At)>();
        for (var number = 2; number <= 9; number++)
        {
            var (follower, way) = nodes.New($"node-{number}");
            followers.Add(follower);
            way.OnHeartbeat = () => beats.Add((follower.Id.NodeId, world.Clock.Now));
            await follower.StartAsync();
        }

        await world.PassAsync(Nodes.Lease * 3);
        var settled = world.Clock.Now - Nodes.Lease.Ticks;
        var resigned = leader.ResignAsync();
        await world.PassAsync(Nodes.Lease * 3);
        Assert.True(await resigned);
        var next = Assert.Single(followers, f => f.IsLeader);
        foreach (var follower in followers.Where(f => f != next))
        {
            // Each a period after the one before: a beat between them would have said what was no news.
            var own = beats.Where(b => b.Node == follower.Id.NodeId && b.At >= settled).Select(b => b.At).ToList();
            Assert.InRange(own.Count, 3, 4);
            Assert.All(own.Zip(own.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, Nodes.Lease.Ticks, long.MaxValue));
        }

        foreach (var node in followers.Append(leader).OrderBy(n => n.IsLeader))
            await node.StopAsync();
    });

    [Fact]
    public void A_leader_whose_trust_has_ended_is_listed_as_none_while_its_work_still_drains() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (leader, way) = await nodes.LeaderAsync("node-1", o => o.WhileLeading.Add(async held =>
        {
            while (held.IsTrusted)
                await world.PassAsync(TimeSpan.FromMilliseconds(100));
            await world.PassAsync(TimeSpan.FromSeconds(5));
        }));
        await world.PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(Role.Leader, Assert.Single(await nodes.Store.ListAsync(Nodes.Election, default)).Role);
        way.OnRenew = (_, _) => throw new StoreUnavailableException("no renewals");
        await world.UntilAsync(() => !leader.IsLeader, Nodes.Lease * 2, "trust ends");
        await world.PassAsync(TimeSpan.FromMilliseconds(10));
        Assert.NotEqual(Role.Leader, Assert.Single(await nodes.Store.ListAsync(Nodes.Election, default)).Role);
        await leader.StopAsync();
    });

    [Fact]
    public void A_leader_takes_the_silent_off_the_list() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        await nodes.Store.HeartbeatAsync(new Member(Nodes.Election, new CandidateId("dead", "x"), Role.Leader, 9, null, 0), default);
        var (leader, _) = await nodes.LeaderAsync("node-1", o => o.NodeTimeout = TimeSpan.FromSeconds(25));
        await world.PassAsync(TimeSpan.FromSeconds(24));
        Assert.Equal(2, (await nodes.Store.ListAsync(Nodes.Election, default)).Count);
        Assert.DoesNotContain(leader.LiveMembers, m => m.Id.NodeId == "dead");
        await world.PassAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(["node-1"], (await nodes.Store.ListAsync(Nodes.Election, default)).Select(m => m.Id.NodeId));
        Assert.Equal(["node-1"], leader.LiveMembers.Select(m => m.Id.NodeId));
        await leader.StopAsync();
    });

    [Fact]
    public void Whoever_is_silent_goes_after_the_node_timeout_and_within_a_lease_more_off_all_lists() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (leader, _) = await nodes.LeaderAsync("node-1");
        var (follower, _) = nodes.New("node-2");
        await follower.StartAsync();
        await world.PassAsync(Nodes.Lease * 4.3);
        var diedAt = new Dictionary<string, long>();
        var (onLeaders, onFollowers) = (new Dictionary<string, TimeSpan>(), new Dictionary<string, TimeSpan>());
        var timeout = leader.NodeTimeout;
        foreach (var pause in new[] { 1.1, 6.7, 0.2, 13.9, 3.3 })
        {
            var name = $"dead-{diedAt.Count}";
            diedAt[name] = world.Clock.Now;
            await nodes.Store.HeartbeatAsync(new Member(Nodes.Election, new CandidateId(name, "x"), Role.Follower, 0, null, 0), default);
            await world.PassAsync(TimeSpan.FromSeconds(pause));
        }

        await world.UntilAsync(() => leader.Members.Count == 7 && follower.Members.Count == 7, Nodes.Lease * 1.1, "all are listed");
        await world.UntilAsync(Look, timeout + Nodes.Lease, "all are off both lists");
        Assert.All(onLeaders.Values, silence => Assert.InRange(silence, timeout, timeout + TimeSpan.FromMilliseconds(10)));
        Assert.All(onFollowers.Values, silence => Assert.InRange(silence, timeout, timeout + Nodes.Lease + TimeSpan.FromMilliseconds(10)));
        Assert.Equal(5, onFollowers.Count);
        await leader.StopAsync();
        await follower.StopAsync();

        bool Look()
        {
            Note(leader, onLeaders);
            Note(follower, onFollowers);
            return onLeaders.Count == diedAt.Count && onFollowers.Count == diedAt.Count;
        }

        void Note(Candidate node, Dictionary<string, TimeSpan> gone)
        {
            foreach (var (name, at) in diedAt)
            {
                if (node.Members.All(m => m.Id.NodeId != name))
                    gone.TryAdd(name, TimeSpan.FromTicks(world.Clock.Now - at));
            }
        }
    });

    [Fact]
    public void While_all_are_heard_the_list_costs_the_leader_one_request_in_a_node_timeout_and_the_followers_none() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (leader, way) = await nodes.LeaderAsync("node-1");
        var (beats, removals, byFollowers) = (0, 0, 0);
        way.OnHeartbeat = () => beats++;
        way.OnRemoveStale = () => removals++;
        var followers = new List<Candidate>();
        for (var number = 2; number <= 5; number++)
        {
            var (follower, own) = nodes.New($"node-{number}");
            own.OnRemoveStale = () => byFollowers++;
            await follower.StartAsync();
            followers.Add(follower);
        }

        await world.PassAsync(Nodes.Lease * 4);
        (beats, removals) = (0, 0);
        await world.PassAsync(leader.NodeTimeout * 10);
        Assert.InRange(removals, 9, 10);
        Assert.InRange(beats, 29, 31);
        // A store whose times come of many clocks: one that is behind looks silent, and is not.
        way.Recalls = self =>
        {
            _ = nodes.Store.HeartbeatAsync(self, default).AsTask();
            var now = world.Clock.GetUtcNow();
            return [.. leader.Members.Select(m => m with { LastHeartbeat = m.Id == leader.Id ? now : now.AddHours(-1) })];
        };
        await world.PassAsync(Nodes.Lease * 2);
        (beats, removals) = (0, 0);
        await world.PassAsync(leader.NodeTimeout * 10);
        Assert.InRange(removals, 29, 31);
        Assert.InRange(beats, 29, 31);
        Assert.Equal(0, byFollowers);
        foreach (var node in followers.Append(leader))
            await node.StopAsync();
    }, limit: TimeSpan.FromMinutes(15));

    [Fact]
    public void A_list_that_cannot_be_cleared_stops_no_heartbeat() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        await nodes.Store.HeartbeatAsync(new Member(Nodes.Election, new CandidateId("dead", "x"), Role.Follower, 0, null, 0), default);
        var (leader, way) = await nodes.LeaderAsync("node-1");
        var beats = 0;
        way.OnHeartbeat = () => beats++;
        way.OnRemoveStale = () => throw new StoreUnavailableException("it may not delete");
        await world.PassAsync(leader.NodeTimeout * 3);
        Assert.InRange(beats, 9, 9 * 5);
        way.OnRemoveStale = null;
        await world.UntilAsync(() => leader.Members.Count == 1, Nodes.Lease * 1.1, "it is cleared");
        await leader.StopAsync();
    });

    private static async Task AreAsync(Nodes nodes, List<Candidate> followers, Candidate leader)
    {
        await RolesAreAsync(nodes, followers, leader);
        Assert.All(await nodes.Store.ListAsync(Nodes.Election, default), m => Assert.Equal(leader.Leadership!.Token, m.Term));
    }

    private static async Task RolesAreAsync(Nodes nodes, List<Candidate> followers, Candidate leader)
    {
        var members = await nodes.Store.ListAsync(Nodes.Election, default);
        Assert.Equal(followers.Count, members.Count);
        Assert.All(members, m => Assert.Equal(followers.Single(f => f.Id == m.Id).Role, m.Role));
        Assert.Equal(Role.Leader, members.Single(m => m.Id == leader.Id).Role);
    }
}
