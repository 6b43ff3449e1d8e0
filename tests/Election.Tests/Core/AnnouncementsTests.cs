using System.Diagnostics.Metrics;
using AspireElection.Tests.Simulation;

namespace AspireElection.Tests.Core;

/// <summary>What the leader of a process tells everybody in it, and that nobody can hold it up.</summary>
public sealed class AnnouncementsTests
{
    private static readonly Leader Someone = new("node-1", "a", null, 7, default);

    [Fact]
    public void A_leader_announces_itself_and_beats_and_its_followers_acknowledge() => SimulatedWorld.Run(async world =>
    {
        var (nodes, announcements) = (new Nodes(world), new Announcements(Nodes.Election));
        using var listener = announcements.Listen();
        var heard = new List<Announcement>();
        var listening = HearAsync(listener, heard);
        var (leader, _) = await nodes.LeaderAsync("node-1", o => o.Announcements = announcements);
        var followers = new List<Candidate>();
        for (var number = 2; number <= 5; number++)
            followers.Add(nodes.New($"node-{number}", o => o.Announcements = announcements).Candidate);
        foreach (var follower in followers)
            await follower.StartAsync();
        await world.PassAsync(Nodes.RenewPeriod * 3 + TimeSpan.FromSeconds(0.1));

        Assert.Equal(["Leads", "Heartbeat", "Heartbeat", "Heartbeat"], heard.Select(a => a.GetType().Name));
        Assert.All(heard, a => Assert.Equal((Nodes.Election, "node-1", leader.Leadership!.Token), (a.Election, a.Leader.NodeId, a.Leader.Term)));
        Assert.Equal([1, 2, 3], heard.OfType<Announcement.Heartbeat>().Select(h => h.Number));
        // Told are also this test and the leader itself; who acknowledges are those who follow.
        Assert.All(heard.OfType<Announcement.Heartbeat>(), h => Assert.Equal((4, 6), (h.Acknowledged, h.Told)));
        Assert.Same(heard[^1], announcements.LastHeartbeat);
        Assert.Equal(6, announcements.Listeners);

        await leader.StopAsync();
        Assert.Equal(5, announcements.Listeners);
        await world.UntilAsync(() => followers.Exists(f => f.IsLeader), TimeSpan.FromSeconds(1), "another takes over");
        await world.PassAsync(Nodes.RenewPeriod + TimeSpan.FromSeconds(0.1));
        Assert.Equal("Leads", heard[4].GetType().Name);
        Assert.Equal((3, 1), (announcements.LastHeartbeat!.Acknowledged, announcements.LastHeartbeat.Number));
        foreach (var follower in followers.OrderBy(f => f.IsLeader))
            await follower.StopAsync();
        Assert.Null(announcements.Leader);
        listener.Dispose();
        await listening;
    });

    [Fact]
    public void Followers_stand_ready_when_the_heartbeats_stop_before_the_seat_is_free() => SimulatedWorld.Run(async world =>
    {
        var (nodes, announcements) = (new Nodes(world), new Announcements(Nodes.Election));
        var (leader, way) = await nodes.LeaderAsync("node-1", o => o.Announcements = announcements);
        var (follower, _) = nodes.New("node-2", o => o.Announcements = announcements);
        await follower.StartAsync();
        await world.PassAsync(Nodes.RenewPeriod * 3 + TimeSpan.FromSeconds(0.1));
        Assert.Equal(Role.Follower, follower.Role);
        var last = world.Clock.Now;
        way.OnRenew = (_, _) => throw new StoreUnavailableException("the leader is cut off");
        way.OnAcquire = _ => throw new StoreUnavailableException("the leader is cut off");
        way.OnRelease = () => throw new StoreUnavailableException("the leader is cut off");
        await world.UntilAsync(() => follower.Role == Role.Candidate, Nodes.Lease, "the follower stands ready");
        Assert.False(follower.IsLeader);
        Assert.False(leader.IsLeader, "nobody stands ready while the leader still believes");
        await world.UntilAsync(() => follower.IsLeader, Nodes.Lease, "the follower leads");
        Assert.InRange(world.Clock.Now - last, Nodes.Trust.Ticks, Nodes.Lease.Ticks + TimeSpan.TicksPerSecond);
        await follower.StopAsync();
        await leader.StopAsync();
    });

    [Fact]
    public void A_leader_elsewhere_whose_heartbeats_were_never_heard_here_is_not_missed() => SimulatedWorld.Run(async world =>
    {
        var (nodes, announcements) = (new Nodes(world), new Announcements(Nodes.Election));
        var (leader, _) = await nodes.LeaderAsync("node-1");
        var (follower, _) = nodes.New("node-2", o => o.Announcements = announcements);
        await follower.StartAsync();
        await world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(Role.Follower, follower.Role);
        await follower.StopAsync();
        await leader.StopAsync();
    });

    [Fact]
    public async Task Who_joins_late_is_told_who_leads_and_nothing_of_a_term_that_is_over()
    {
        var announcements = new Announcements("jobs");
        announcements.Lead(Someone);
        using var late = announcements.Listen();
        Assert.Equal(7, (await FirstAsync(late)).Leader.Term);
        announcements.End(7);
        using var later = announcements.Listen();
        announcements.Lead(Someone with { Term = 8 });
        Assert.Equal(8, (await FirstAsync(later)).Leader.Term);
    }

    [Fact]
    public async Task A_slow_listener_loses_the_oldest_which_it_and_the_metric_count_and_a_quick_one_loses_nothing()
    {
        var election = $"loss-{Guid.NewGuid():N}";
        var counted = 0L;
        using var meters = new MeterListener { InstrumentPublished = (i, l) => { if (i.Name == "election.fanout.dropped") l.EnableMeasurementEvents(i); } };
        meters.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag is { Key: "election.name", Value: string name } && name == election)
                    Interlocked.Add(ref counted, value);
            }
        });
        meters.Start();

        var announcements = new Announcements(election, capacity: 3);
        using var slow = announcements.Listen();
        using var quick = announcements.Listen();
        await using var reading = quick.ReadAsync().GetAsyncEnumerator();
        announcements.Lead(Someone);
        Assert.True(await reading.MoveNextAsync());
        for (var number = 1; number <= 10; number++)
        {
            announcements.Beat(Someone);
            Assert.True(await reading.MoveNextAsync());
            Assert.Equal(number, Assert.IsType<Announcement.Heartbeat>(reading.Current).Number);
        }

        Assert.Equal((8, 0, 8), (slow.Lost, quick.Lost, counted));
        slow.Dispose();
        var kept = new List<Announcement>();
        await HearAsync(slow, kept);
        Assert.Equal([8, 9, 10], kept.Cast<Announcement.Heartbeat>().Select(h => h.Number));
    }

    [Fact]
    public async Task Ten_thousand_that_do_not_read_hold_up_nobody()
    {
        const int Many = 10_000;
        const int Beats = 20;
        var announcements = new Announcements("jobs", capacity: 4);
        var sleepers = Enumerable.Range(0, Many).Select(_ => announcements.Listen()).ToList();
        using var reader = announcements.Listen();
        for (var beat = 0; beat < Beats; beat++)
            announcements.Beat(Someone);
        Assert.Equal(Many + 1, announcements.LastHeartbeat!.Told);
        Assert.All(sleepers, s => Assert.Equal(Beats - 4, s.Lost));
        Assert.Equal(Beats - 3, Assert.IsType<Announcement.Heartbeat>(await FirstAsync(reader)).Number);
        sleepers.ForEach(s => s.Dispose());
        Assert.Equal(1, announcements.Listeners);
    }

    [Fact]
    public async Task Listeners_join_and_leave_while_announcements_flow()
    {
        var announcements = new Announcements("jobs", capacity: 8);
        using var over = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var heard = 0L;
        var listening = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var round = 0; round < 200; round++)
            {
                using var listener = announcements.Listen();
                await foreach (var announcement in listener.ReadAsync(over.Token))
                {
                    if (announcement is Announcement.Heartbeat heartbeat)
                        listener.Acknowledge(heartbeat);
                    Interlocked.Increment(ref heard);
                    break;
                }
            }
        })).ToList();
        var all = Task.WhenAll(listening);
        for (var term = 1; !all.IsCompleted; term++)
        {
            announcements.Lead(Someone with { Term = term });
            announcements.Beat(Someone with { Term = term });
            await Task.Yield();
        }

        await all;
        Assert.Equal(1600, heard);
        Assert.Equal(0, announcements.Listeners);
    }

    [Fact]
    public void A_heartbeat_is_acknowledged_once_by_each()
    {
        var announcements = new Announcements("jobs");
        using var one = announcements.Listen();
        using var other = announcements.Listen();
        announcements.Beat(Someone);
        var heartbeat = announcements.LastHeartbeat!;
        one.Acknowledge(heartbeat);
        one.Acknowledge(heartbeat);
        other.Acknowledge(heartbeat);
        Assert.Equal(2, heartbeat.Acknowledged);
    }

    [Fact]
    public void Announcements_of_another_election_are_refused() => SimulatedWorld.Run(world =>
    {
        var wrong = Assert.Throws<ArgumentException>(() => new Nodes(world).New("node-1", o => o.Announcements = new Announcements("other")));
        Assert.Contains("'other'", wrong.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Announcements("jobs", capacity: 0));
        return Task.CompletedTask;
    });

    private static async Task<Announcement> FirstAsync(Listener listener)
    {
        await using var reading = listener.ReadAsync().GetAsyncEnumerator();
        Assert.True(await reading.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30)));
        return reading.Current;
    }

    private static async Task HearAsync(Listener listener, List<Announcement> into)
    {
        await foreach (var announcement in listener.ReadAsync())
            into.Add(announcement);
    }
}
