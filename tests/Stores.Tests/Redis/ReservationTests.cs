using AspireElection.Stores.Redis;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;
using StackExchange.Redis;

namespace AspireElection.Stores.Tests.Redis;

/// <summary>A released seat is reserved for one; an expired one is tried for in the order of the line.</summary>
public sealed class ReservationTests(RedisServer server) : RedisTests(server)
{
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Precision = TimeSpan.FromMilliseconds(2);

    /// <summary>Half of all. Slots are milliseconds apart, and a busy machine is late by some of them; a rush is all of the fifty.</summary>
    private const int Rush = 25;

    [Fact]
    public async Task Nobody_else_can_take_a_reserved_seat_whatever_his_priority()
    {
        var leading = await StoreAsync();
        await TeachScriptsAsync(leading);
        var held = await Acquire(leading, Stand("leader"));
        await StandFrozenAsync("frozen", priority: 1);
        var releasedAt = BootClock.Instance.GetTimestamp();
        await leading.ReleaseAsync(held.Term, Ending);
        Assert.StartsWith("reserved:frozen#", await Admin.StringGetAsync(Key("seat")), StringComparison.Ordinal);

        var better = await Acquire(await StoreAsync(), Stand("better", priority: 9));

        Assert.True(better.AnchoredAt >= releasedAt + (Grace - Precision).ToTicksOf(BootClock.Instance), "the reservation was not kept");
    }

    [Fact]
    public async Task A_lost_turn_falls_to_the_next_in_rank_who_was_told_the_end_of_the_reservation()
    {
        var leading = await StoreAsync();
        await TeachScriptsAsync(leading);
        var held = await Acquire(leading, Stand("leader"));
        await StandFrozenAsync("frozen", priority: 9);
        RedisStore[] stores = [await StoreAsync(), await StoreAsync()];
        var waiting = Enumerable.Range(0, 20).Select(i => Campaign(stores[i % 2], Stand($"node-{i:00}"))).ToArray();
        await UntilWaiting(21);
        await ForgetRequestsAsync();

        var releasedAt = BootClock.Instance.GetTimestamp();
        await leading.ReleaseAsync(held.Term, Ending);
        var next = await (await Task.WhenAny(waiting).WaitAsync(Bound));

        // Who it is a busy machine may change, by some slots; that it waited for the end it was told, it may not.
        Assert.True(next.AnchoredAt >= releasedAt + (Grace - Precision).ToTicksOf(BootClock.Instance), "the reservation was not kept");
        await AnsweredAsync(stores);
        // Nobody asked for the end: the release, the taking, and a few whom the news of it did not reach in their slot's time.
        Assert.InRange(await ScriptRequestsAsync() - stores.Length, 2, Rush);
        Assert.Equal(1, waiting.Count(w => w.IsCompleted));
    }

    [Fact]
    public async Task Fifty_waiters_do_not_rush_at_an_expired_seat()
    {
        var lease = TimeSpan.FromSeconds(2);
        var leading = await StoreAsync();
        await TeachScriptsAsync(leading);
        var silent = await Acquire(leading, Stand("leader", lease));
        RedisStore[] stores = [await StoreAsync(), await StoreAsync(), await StoreAsync()];
        var waiting = Enumerable.Range(0, 50).Select(i => Campaign(stores[i % 3], Stand($"node-{i:00}", lease))).ToArray();
        await UntilWaiting(50);
        // Whoever came first was told of another's coming late: all plan from one end.
        Assert.Equal(RenewAnswer.Renewed, await leading.RenewAsync(silent.Term, lease, Ending));
        await ForgetRequestsAsync();

        await (await Task.WhenAny(waiting).WaitAsync(Bound));

        await AnsweredAsync(stores);
        Assert.InRange(await ScriptRequestsAsync() - stores.Length, 1, Rush);
        Assert.Equal(1, waiting.Count(w => w.IsCompleted));
    }

    [Fact]
    public async Task Those_far_behind_in_the_line_do_not_rush_either_when_all_before_them_are_dead()
    {
        var lease = TimeSpan.FromSeconds(2);
        var leading = await StoreAsync();
        await TeachScriptsAsync(leading);
        var silent = await Acquire(leading, Stand("leader", lease));
        for (var dead = 0; dead < 12; dead++)
            await Admin.SortedSetAddAsync(Key("line"), $"dead-{dead:00}#x", -9);
        RedisStore[] stores = [await StoreAsync(), await StoreAsync(), await StoreAsync()];
        var waiting = Enumerable.Range(0, 50).Select(i => Campaign(stores[i % 3], Stand($"node-{i:00}", lease))).ToArray();
        await UntilWaiting(62);
        Assert.Equal(RenewAnswer.Renewed, await leading.RenewAsync(silent.Term, lease, Ending));
        await ForgetRequestsAsync();

        await (await Task.WhenAny(waiting).WaitAsync(Bound));

        await AnsweredAsync(stores);
        Assert.InRange(await ScriptRequestsAsync() - stores.Length, 1, Rush);
    }

    [Fact]
    public async Task Two_databases_of_one_server_are_two_elections()
    {
        var one = await StoreAsync();
        var other = await StoreAsync(Server.ConnectionString + ",defaultDatabase=1");
        var first = await Acquire(one, Stand("node-1"));
        var second = await Acquire(other, Stand("node-1"));
        var waiting = Campaign(await StoreAsync(Server.ConnectionString + ",defaultDatabase=1"), Stand("node-2"));
        await one.ReleaseAsync(first.Term, Ending);
        Assert.Equal(RenewAnswer.Renewed, await other.RenewAsync(second.Term, TimeSpan.FromMinutes(1), Ending));
        Assert.False(waiting.IsCompleted);
        await other.ReleaseAsync(second.Term, Ending);
        Assert.Equal("node-2", (await waiting.WaitAsync(Bound)).Term.Candidate.NodeId);
    }

    /// <summary>It listens, as a frozen process does whose connections stay open, and never asks.</summary>
    private async Task StandFrozenAsync(string node, int priority)
    {
        var frozen = $"{node}#{Guid.NewGuid():N}";
        var listening = await ConnectAsync();
        var turn = new RedisChannel($"election:0:{Election}:turn:{frozen}", RedisChannel.PatternMode.Literal);
        await listening.GetSubscriber().SubscribeAsync(turn, (_, _) => { });
        // Over a connection that is not up yet the client answers before the server has it.
        await Until(async () => await Admin.PublishAsync(turn, "nothing") > 0, $"{node} listens");
        await Admin.SortedSetAddAsync(Key("line"), frozen, -priority);
    }

    /// <summary>Whatever the waiters have sent until now is answered before this; a request for each store.</summary>
    private async Task AnsweredAsync(RedisStore[] stores)
    {
        foreach (var store in stores)
            await store.RemoveStaleAsync(Election, TimeSpan.FromHours(1), Ending);
    }
}
