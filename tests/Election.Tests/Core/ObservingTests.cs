using AspireElection.Tests.Simulation;

namespace AspireElection.Tests.Core;

/// <summary>What a node knows of the others, and whom it tells.</summary>
public sealed class ObservingTests
{
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(2);

    [Fact]
    public void Callbacks_and_stream_tell_the_same_story_in_order() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var called = new List<string>();
        var (first, _) = nodes.New("node-1", o =>
        {
            o.Callbacks.BecameLeader = held => called.Add("leads");
            o.Callbacks.LostLeadership = (held, reason) => called.Add($"lost {reason}");
            o.Callbacks.NewLeader = leader => called.Add($"new {leader.NodeId}");
        });
        var (second, _) = nodes.New("node-2");
        var streamed = new List<string>();
        var reading = ReadAsync(first, streamed);
        await first.CampaignAsync();
        await second.StartAsync();
        await world.PassAsync(TimeSpan.FromSeconds(1));
        await first.ResignAsync();
        await world.UntilAsync(() => second.IsLeader, TimeSpan.FromSeconds(1), "the second leads");
        await world.PassAsync(TimeSpan.FromSeconds(1));
        await first.StopAsync();
        await reading;
        Assert.Equal(["leads", "new node-1", "lost Resigned", "new node-2"], called);
        Assert.Equal(called, streamed.Where(s => s != "leaderless"));
        await second.StopAsync();
    });

    [Fact]
    public void Nodes_that_are_started_together_do_not_beat_together_ever_after() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var beats = new List<long>();
        var started = new List<Candidate>();
        for (var i = 0; i < 50; i++)
        {
            // Observers: a change of its role would make a node beat as well.
            var (node, store) = nodes.New($"node-{i}", o => o.Observer = true);
            store.OnHeartbeat = () => beats.Add(world.Clock.Now);
            await node.StartAsync();
            started.Add(node);
        }

        var lease = started[0].LeaseDuration;
        await world.PassAsync(lease * 2);
        beats.Clear();
        await world.PassAsync(lease);
        Assert.InRange(beats.Count, 49, 51);
        Assert.True(beats.GroupBy(at => at / (lease.Ticks / 10)).Max(g => g.Count()) <= 15, "no tenth of a lease has much more than its share");
        foreach (var node in started)
            await node.StopAsync();
    });

    [Fact]
    public void Who_follows_is_told_so_once_until_it_leads_or_nobody_does() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var told = new List<string>();
        var (first, _) = await nodes.LeaderAsync("node-1", o => o.Callbacks.BecameFollower = leader => told.Add($"1 follows {leader.NodeId}"));
        var (second, _) = nodes.New("node-2", o => o.Callbacks.BecameFollower = leader => told.Add($"2 follows {leader.NodeId}"));
        var (third, gapless) = nodes.New("node-3", o => o.Callbacks.BecameFollower = leader => told.Add($"3 follows {leader.NodeId}"));
        gapless.OnObserve = WithoutGaps;
        var (watcher, _) = nodes.New("watcher", o =>
        {
            o.Observer = true;
            o.Callbacks.BecameFollower = _ => told.Add("an observer follows nobody");
        });
        await second.StartAsync();
        await third.StartAsync();
        await watcher.StartAsync();
        await world.PassAsync(TimeSpan.FromSeconds(25));
        Assert.Equal(["2 follows node-1", "3 follows node-1"], told);
        await first.ResignAsync();
        await world.UntilAsync(() => second.IsLeader, TimeSpan.FromSeconds(1), "the second leads");
        await world.PassAsync(TimeSpan.FromSeconds(25));
        Assert.Equal(["2 follows node-1", "3 follows node-1", "1 follows node-2"], told);
        Assert.Equal("node-2", third.Leader?.NodeId);
        await second.StopAsync();
        await world.UntilAsync(() => first.IsLeader, TimeSpan.FromSeconds(1), "the first leads");
        foreach (var node in new[] { watcher, third, first })
            await node.StopAsync();
        Assert.Equal(3, told.Count);

        static async IAsyncEnumerable<Sighting> WithoutGaps(IAsyncEnumerable<Sighting> sightings)
        {
            await foreach (var sighting in sightings)
            {
                if (sighting.Leader is not null)
                    yield return sighting;
            }
        }
    });

    [Fact]
    public void A_leader_that_was_lost_sight_of_and_leads_on_is_no_second_one() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (leader, _) = await nodes.LeaderAsync("node-1");
        var called = new List<string>();
        var (cut, way) = nodes.New("node-2", o =>
        {
            o.Callbacks.NewLeader = seen => called.Add($"new {seen.NodeId}");
            o.Callbacks.BecameFollower = seen => called.Add($"follows {seen.NodeId}");
        });
        way.OnObserve = WithAGap;
        var streamed = new List<string>();
        var reading = ReadAsync(cut, streamed);
        await cut.StartAsync();
        await world.PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(Role.Candidate, cut.Role);
        await world.UntilAsync(() => cut.Role == Role.Follower, Nodes.Lease, "it hears of the leader again");
        Assert.Equal(leader.Leadership!.Token, cut.Snapshot().Term);
        Assert.Equal(1, cut.Snapshot().Transitions);
        await world.PassAsync(RetryPeriod);
        Assert.Contains(await nodes.Store.ListAsync(Nodes.Election, default), m => m is { Id.NodeId: "node-2", Role: Role.Follower });
        await leader.StopAsync();
        await world.UntilAsync(() => cut.IsLeader, TimeSpan.FromSeconds(1), "it leads");
        Assert.Equal(2, cut.Snapshot().Transitions);
        await cut.StopAsync();
        await reading;
        Assert.Equal(["new node-1", "follows node-1", "follows node-1", "new node-2"], called);
        Assert.Equal(["new node-1", "leaderless", "again node-1"], streamed.Take(3));

        // As a quorum's peer tells it that hears nothing for a lease, or a store after its process stood still.
        async IAsyncEnumerable<Sighting> WithAGap(IAsyncEnumerable<Sighting> sightings)
        {
            var told = 0;
            await foreach (var sighting in sightings)
            {
                yield return sighting;
                if (sighting.Leader is null || told++ > 0)
                    continue;
                yield return new Sighting(null, 0);
                await world.PassAsync(TimeSpan.FromSeconds(3));
                yield return sighting;
            }
        }
    });

    [Fact]
    public void A_subscriber_of_changes_reads_how_many_it_was_too_slow_for() => SimulatedWorld.Run(async world =>
    {
        var (only, _) = new Nodes(world).New("node-1");
        using var slow = only.Subscribe();
        await only.CampaignAsync();
        for (var term = 0; term < 120; term++)
        {
            await only.ResignAsync();
            await world.UntilAsync(() => only.IsLeader, TimeSpan.FromSeconds(5), "it leads again");
        }

        await only.StopAsync();
        var read = 0L;
        await foreach (var _ in slow.ReadAsync())
            read++;
        Assert.Equal(256, read);
        Assert.InRange(slow.Lost, 120, 1000);
    });

    [Fact]
    public void A_callback_that_throws_costs_neither_the_election_nor_later_callbacks() => SimulatedWorld.Run(async world =>
    {
        var lost = false;
        var (leader, _) = await new Nodes(world).LeaderAsync("node-1", o =>
        {
            o.Callbacks.BecameLeader = _ => throw new InvalidOperationException("a user's mistake");
            o.Callbacks.LostLeadership = (_, _) => lost = true;
        });
        await world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.True(leader.IsLeader);
        await leader.StopAsync();
        Assert.True(lost);
    });

    [Fact]
    public void A_gap_is_known_to_the_leader_that_ended_it_whichever_it_hears_first_grant_or_seat() => SimulatedWorld.Run(async world =>
    {
        foreach (var late in new[] { TimeSpan.Zero, TimeSpan.FromMilliseconds(50) })
        {
            var (leader, store) = await new Nodes(world).LeaderAsync("node-1");
            store.OnAcquire = async next =>
            {
                var grant = await next();
                await world.PassAsync(late);
                return grant;
            };
            store.Away = new StoreUnavailableException("away");
            await world.UntilAsync(() => !leader.IsLeader, TimeSpan.FromSeconds(11), "its trust ends");
            await world.PassAsync(TimeSpan.FromSeconds(30));
            store.Away = null;
            await world.UntilAsync(() => leader.IsLeader, TimeSpan.FromSeconds(30), "it leads again");
            Assert.InRange(leader.Leadership!.LeaderlessBefore!.Value, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60));
            await leader.StopAsync();
        }
    });

    [Fact]
    public void A_follower_knows_leader_term_and_members() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (leader, _) = await nodes.LeaderAsync("node-1", o => o.Address = () => "http://127.0.0.1:8081");
        var (follower, _) = nodes.New("node-2");
        await follower.StartAsync();
        await world.PassAsync(TimeSpan.FromSeconds(15));
        var seen = follower.Snapshot();
        Assert.Equal(Role.Follower, seen.Role);
        Assert.False(seen.IsLeader);
        Assert.Equal(leader.Leadership!.Token, seen.Term);
        Assert.Equal("http://127.0.0.1:8081", seen.Leader!.Address);
        Assert.InRange(seen.LeaseRemaining, TimeSpan.FromSeconds(6), Nodes.Lease);
        Assert.Equal(["node-1", "node-2"], seen.Members.Select(m => m.Id.NodeId));
        Assert.Equal([Role.Leader, Role.Follower], seen.Members.Select(m => m.Role));
        await leader.StopAsync();
        await follower.StopAsync();
    });

    [Fact]
    public void An_observer_watches_and_never_stands() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (observer, _) = nodes.New("watcher", o => o.Observer = true);
        await observer.StartAsync();
        await world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(Role.Observer, observer.Role);
        Assert.Null(observer.Leader);
        var (leader, _) = await nodes.LeaderAsync("node-1");
        await world.PassAsync(TimeSpan.FromSeconds(11));
        Assert.Equal("node-1", observer.Leader?.NodeId);
        Assert.Contains(observer.Members, m => m is { Id.NodeId: "watcher", Role: Role.Observer });
        await leader.StopAsync();
        await observer.StopAsync();
    });

    [Fact]
    public void Who_campaigns_as_an_observer_is_told_that_it_never_leads() => SimulatedWorld.Run(async world =>
    {
        var (observer, _) = new Nodes(world).New("watcher", o => o.Observer = true);
        var told = observer.CampaignAsync();
        await world.PassAsync(TimeSpan.FromSeconds(1));
        Assert.True(told.IsCompleted, "it waits");
        var wrong = await Assert.ThrowsAsync<InvalidOperationException>(() => told);
        Assert.StartsWith("watcher is an observer of election 'jobs'", wrong.Message, StringComparison.Ordinal);
        // It was not started by that, and can be.
        Assert.Equal(Role.Stopped, observer.Role);
        await observer.StartAsync();
        await world.PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(Role.Observer, observer.Role);
        await observer.StopAsync();
    });

    [Fact]
    public void While_the_store_is_away_it_stays_a_follower_says_why_and_recovers() => SimulatedWorld.Run(async world =>
    {
        var (candidate, way) = new Nodes(world).New("node-1");
        way.Away = new StoreUnavailableException("redis 127.0.0.1:6379 refused the connection; start it.");
        await candidate.StartAsync();
        await world.PassAsync(TimeSpan.FromSeconds(30));
        Assert.False(candidate.IsLeader);
        Assert.Equal(way.Away.Message, candidate.StoreTrouble);
        Assert.InRange(candidate.StoreOutage, TimeSpan.FromSeconds(29), TimeSpan.FromSeconds(31));
        way.Away = null;
        await world.UntilAsync(() => candidate.IsLeader, Nodes.Lease * 2, "it leads");
        Assert.Null(candidate.StoreTrouble);
        await candidate.StopAsync();
    });

    [Fact]
    public void Members_that_a_store_only_remembers_are_no_answer_of_its_server() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (leader, _) = await nodes.LeaderAsync("node-1");
        var (candidate, way) = nodes.New("node-2");
        way.OnObserve = _ => NothingAsync();
        await candidate.StartAsync();
        await world.PassAsync(Nodes.Lease * 3);
        var took = candidate.Snapshot().StoreRoundTrip;
        Assert.NotNull(took);
        way.Recalls = _ => new RecalledMembers(candidate.Members);
        await world.PassAsync(Nodes.Lease * 3);
        Assert.InRange(candidate.StoreOutage, Nodes.Lease * 3, Nodes.Lease * 4);
        Assert.Equal(2, candidate.Members.Count);
        Assert.Equal(took, candidate.Snapshot().StoreRoundTrip);
        way.Recalls = null;
        await world.PassAsync(Nodes.Lease * 1.5);
        Assert.Equal(TimeSpan.Zero, candidate.StoreOutage);
        await candidate.StopAsync();
        await leader.StopAsync();
    });

    [Fact]
    public void A_store_that_stands_still_is_noticed_before_a_question_of_a_whole_lease_has_failed() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (leader, _) = await nodes.LeaderAsync("node-1");
        var (candidate, way) = nodes.New("node-2");
        way.OnObserve = _ => NothingAsync();
        await candidate.StartAsync();
        await world.PassAsync(Nodes.Lease * 3);
        Assert.Equal(TimeSpan.Zero, candidate.StoreOutage);
        way.StandsStill = true;
        await world.PassAsync(Nodes.Lease * 1.5);
        Assert.True(candidate.StoreOutage >= Nodes.Lease, $"{candidate.StoreOutage}");
        Assert.NotNull(candidate.StoreTrouble);
        way.StandsStill = false;
        await world.PassAsync(Nodes.Lease * 2);
        Assert.Equal(TimeSpan.Zero, candidate.StoreOutage);
        await candidate.StopAsync();
        Assert.Equal(TimeSpan.Zero, candidate.StoreOutage);
        await leader.StopAsync();
    });

    [Fact]
    public void Two_processes_of_one_name_are_two_candidates() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (one, _) = await nodes.LeaderAsync("node-1");
        var (other, _) = nodes.New("node-1");
        await other.StartAsync();
        await world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.True(one.IsLeader);
        Assert.False(other.IsLeader);
        Assert.Equal(2, one.Members.Count);
        Assert.NotEqual(one.Id.Incarnation, other.Id.Incarnation);
        await one.StopAsync();
        await other.StopAsync();
    });

    [Fact]
    public void A_store_that_lost_its_data_gives_no_seat_away_that_a_candidate_knows_to_be_trusted_in() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (leader, way) = await nodes.LeaderAsync("node-1");
        var (follower, _) = nodes.New("node-2");
        await follower.StartAsync();
        await world.PassAsync(TimeSpan.FromSeconds(30));
        var held = leader.Leadership!;
        // Only the leader is cut off, and then the store forgets.
        way.Away = new StoreUnavailableException("cut off");
        nodes.Wipe();
        await world.UntilAsync(() => follower.IsLeader, Nodes.Lease * 2, "the follower leads one day");
        Assert.False(held.IsTrusted);
        Assert.True(follower.Leadership!.Token > held.Token);
        way.Away = null;
        await follower.StopAsync();
        await leader.StopAsync();
    });

    [Fact]
    public void What_a_candidate_knows_outlives_the_sighting_of_an_empty_seat_that_nobody_released()
    {
        var candidacy = new Candidacy("jobs", new CandidateId("node-2", "b"), Nodes.Lease);
        var held = new Sighting(new Leader("node-1", "a", null, 7, default), EndsAt: 100);
        candidacy.Saw(held);
        candidacy.Saw(new Sighting(null, 0));
        Assert.Same(held, candidacy.LastSeen);
        candidacy.Saw(new Sighting(null, 0, Released: true));
        Assert.Null(candidacy.LastSeen!.Leader);
        Assert.Equal(7, candidacy.HighestToken);
    }

    /// <summary>A watch over which nothing comes.</summary>
    private static async IAsyncEnumerable<Sighting> NothingAsync()
    {
        await new TaskCompletionSource().Task;
        yield break;
    }

    private static async Task ReadAsync(Candidate candidate, List<string> into)
    {
        await foreach (var change in candidate.ObserveAsync())
        {
            into.Add(change switch
            {
                ElectionChange.BecameLeader => "leads",
                ElectionChange.LostLeadership lost => $"lost {lost.Reason}",
                ElectionChange.NewLeader seen => $"new {seen.Leader.NodeId}",
                ElectionChange.LeaderAgain again => $"again {again.Leader.NodeId}",
                _ => "leaderless",
            });
        }
    }
}
