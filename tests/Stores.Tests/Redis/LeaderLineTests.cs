using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;

namespace AspireElection.Stores.Tests.Redis;

/// <summary>A leader whose server is slow, hangs, or breaks its line.</summary>
public sealed class LeaderLineTests(RedisServer server) : RedisTests(server)
{
    [Fact]
    public async Task A_grant_that_the_server_held_back_is_anchored_at_its_sending()
    {
        await using var own = new RedisServer();
        await own.StartAsync();
        var admin = (await ConnectAsync(own.ConnectionString)).GetDatabase();
        var store = await StoreAsync(own.ConnectionString);
        await TeachScriptsAsync(store);
        await admin.ExecuteAsync("CLIENT", "PAUSE", 60_000, "WRITE");
        var campaign = Campaign(store, Stand("node-1"));
        await Until(
            async () => ((string)(await admin.ExecuteAsync("CLIENT", "LIST"))!).Contains("cmd=evalsha", StringComparison.Ordinal),
            "the server holds back the request");
        var heldBack = BootClock.Instance.GetTimestamp();
        await admin.ExecuteAsync("CLIENT", "UNPAUSE");
        Assert.True((await campaign.WaitAsync(Bound)).AnchoredAt <= heldBack, "anchored at the answer");
    }

    [Fact]
    public async Task A_leader_renews_at_once_when_its_line_breaks_and_when_it_is_back()
    {
        var store = await StoreAsync();
        var doubts = 0;
        await Acquire(store, Stand("node-1", renewNow: () => Interlocked.Increment(ref doubts)));
        Assert.Equal(0, doubts);
        await Admin.ExecuteAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
        // Two lines, for requests and for messages: a single doubt may come from the break alone.
        await Until(() => Task.FromResult(Volatile.Read(ref doubts) >= 2), "it doubts at the break and again at the return");
    }

    [Fact]
    public async Task A_released_term_is_renewed_by_no_broken_line()
    {
        var store = await StoreAsync();
        var doubts = 0;
        var over = await Acquire(store, Stand("node-1", renewNow: () => Interlocked.Increment(ref doubts)));
        await store.ReleaseAsync(over.Term, Ending);
        var renewed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await Acquire(store, Stand("node-2", renewNow: () => renewed.TrySetResult()));
        await Admin.ExecuteAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
        await renewed.Task.WaitAsync(Bound);
        Assert.Equal(0, doubts);
    }

    [Fact]
    public async Task A_server_that_hangs_for_less_than_the_trust_left_costs_no_term()
    {
        await using var own = new RedisServer();
        await own.StartAsync();
        // Lease − margin − renew period is 2 s; it hangs for 1 s, longer than a renewal waits.
        await using var leader = new Candidate(
            Election,
            await StoreAsync(own.ConnectionString),
            new ElectionOptions { NodeId = "node-1", LeaseDuration = TimeSpan.FromSeconds(3), RenewPeriod = TimeSpan.FromSeconds(0.7) });
        var term = (await leader.CampaignAsync().WaitAsync(Bound)).Token;
        for (var hang = 0; hang < 2; hang++)
        {
            var held = leader.Leadership!;
            own.Freeze();
            await Task.Delay(TimeSpan.FromSeconds(1));
            own.Continue();
            await Until(() => Task.FromResult(held.TrustLeft > TimeSpan.FromSeconds(2) || !held.IsTrusted), "it renews again");
        }

        Assert.Equal(term, leader.Leadership?.Token);
    }

    [Fact]
    public async Task A_server_that_hangs_for_longer_than_the_lease_costs_the_term_and_nobody_leads_past_its_trust()
    {
        await using var own = new RedisServer();
        await own.StartAsync();
        var lostAt = 0L;
        var options = new ElectionOptions { NodeId = "node-1", LeaseDuration = TimeSpan.FromSeconds(1) };
        options.Callbacks.LostLeadership = (_, _) => lostAt = BootClock.Instance.GetTimestamp();
        await using var leader = new Candidate(Election, await StoreAsync(own.ConnectionString), options);
        var held = await leader.CampaignAsync().WaitAsync(Bound);
        own.Freeze();
        await Until(() => Task.FromResult(held.EndedBecause is not null), "it stops believing");
        Assert.Equal(LossReason.Expired, held.EndedBecause);
        own.Continue();
        await Until(() => Task.FromResult(leader.IsLeader), "it leads again");
        Assert.True(leader.Leadership!.Token > held.Token);
        Assert.NotEqual(0, lostAt);
    }
}
