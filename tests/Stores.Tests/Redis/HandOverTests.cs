using AspireElection.Stores.Redis;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;
using StackExchange.Redis;

namespace AspireElection.Stores.Tests.Redis;

/// <summary>A released seat goes to one successor, past the dead, and nobody else bestirs himself.</summary>
public sealed class HandOverTests(RedisServer server) : RedisTests(server)
{
    [Fact]
    public async Task A_release_wakes_one_of_fifty_waiters_at_the_cost_of_two_requests()
    {
        var leading = await StoreAsync();
        await TeachScriptsAsync(leading);
        var held = await Acquire(leading, Stand("leader"));
        RedisStore[] stores = [await StoreAsync(), await StoreAsync(), await StoreAsync()];
        var waiting = Enumerable.Range(0, 50).Select(i => Campaign(stores[i % 3], Stand($"node-{i:00}"))).ToArray();
        await UntilWaiting(50);
        await ForgetRequestsAsync();

        await leading.ReleaseAsync(held.Term, Ending);
        var next = await (await Task.WhenAny(waiting).WaitAsync(Bound));

        Assert.Equal("node-00", next.Term.Candidate.NodeId);
        await AnswersOfAllAsync(stores);
        Assert.Equal(1, waiting.Count(w => w.IsCompleted));
        Assert.Equal(49, await WaitingAsync());
        // Release and acquire, and the three that AnswersOfAllAsync sent.
        Assert.Equal(2 + 3, await ScriptRequestsAsync());
    }

    [Fact]
    public async Task A_dead_successor_is_passed_over_within_the_release()
    {
        var leading = await StoreAsync();
        await TeachScriptsAsync(leading);
        var held = await Acquire(leading, Stand("leader"));
        var doomed = await ConnectAsync();
        var dead = Enumerable.Range(0, 5).Select(i => Campaign(Store(doomed), Stand($"dead-{i}", priority: 9))).ToArray();
        await UntilWaiting(5);
        var waiting = Campaign(await StoreAsync(), Stand("living"));
        await UntilWaiting(6);
        doomed.Dispose();
        await Until(async () => await ListenersAsync() == 1, "the dead listen no more");
        await ForgetRequestsAsync();

        await leading.ReleaseAsync(held.Term, Ending);
        var next = await waiting.WaitAsync(Bound);

        Assert.Equal("living", next.Term.Candidate.NodeId);
        Assert.Equal(0, await WaitingAsync());
        Assert.Equal(2, await ScriptRequestsAsync());
        Assert.DoesNotContain(dead, d => d.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_successor_that_does_not_take_its_turn_loses_it_after_the_grace()
    {
        var leading = await StoreAsync();
        var held = await Acquire(leading, Stand("leader"));
        // It listens, as a frozen process does whose connections stay open, and never asks.
        var frozen = $"frozen#{Guid.NewGuid():N}";
        var listening = await ConnectAsync();
        await listening.GetSubscriber().SubscribeAsync(
            new RedisChannel($"election:0:{Election}:turn:{frozen}", RedisChannel.PatternMode.Literal), (_, _) => { });
        await Admin.SortedSetAddAsync(Key("line"), frozen, -9);
        var waiting = Campaign(await StoreAsync(), Stand("living"));
        await UntilWaiting(2);

        var clock = BootClock.Instance;
        var released = clock.GetTimestamp();
        await leading.ReleaseAsync(held.Term, Ending);
        var next = await waiting.WaitAsync(Bound);
        Assert.Equal("living", next.Term.Candidate.NodeId);
        // Nobody else can take a reserved seat.
        Assert.True(next.AnchoredAt >= released + TimeSpan.FromMilliseconds(248).ToTicksOf(clock), "it was taken during the grace");
    }

    [Fact]
    public async Task A_waiter_whose_line_was_cut_stands_in_line_again()
    {
        var leading = await StoreAsync();
        var held = await Acquire(leading, Stand("leader"));
        var waiting = Campaign(await StoreAsync(), Stand("cut"));
        await UntilWaiting(1);
        await Admin.KeyDeleteAsync(Key("line"));

        await Admin.ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
        await UntilWaiting(1);
        await Until(async () => await ListenersAsync() == 1, "it listens again");
        await leading.ReleaseAsync(held.Term, Ending);
        Assert.Equal("cut", (await waiting.WaitAsync(Bound)).Term.Candidate.NodeId);
    }

    [Fact]
    public async Task A_heartbeat_puts_a_waiter_that_was_dropped_in_line_again_and_nobody_else()
    {
        var leader = Stand("leader");
        var leading = await StoreAsync();
        await Acquire(leading, leader);
        var store = await StoreAsync();
        var candidacy = Stand("dropped");
        _ = Campaign(store, candidacy);
        await UntilWaiting(1);
        await Admin.KeyDeleteAsync(Key("line"));

        await leading.HeartbeatAsync(new Member(Election, leader.Id, Role.Leader, 0, null, 0), Ending);
        Assert.Equal(0, await WaitingAsync());
        await store.HeartbeatAsync(new Member(Election, candidacy.Id, Role.Follower, 0, null, 0), Ending);
        Assert.Equal(1, await WaitingAsync());
    }

    /// <summary>Whatever a release made the waiters send is answered before this.</summary>
    private async Task AnswersOfAllAsync(RedisStore[] stores)
    {
        foreach (var store in stores)
            await store.RemoveStaleAsync(Election, TimeSpan.FromHours(1), Ending);
    }

    private async Task<int> ListenersAsync() =>
        ((string[])(await Admin.ExecuteAsync("PUBSUB", "CHANNELS", $"election:0:{Election}:turn:*"))!).Length;
}
