using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;

namespace AspireElection.Stores.Tests.Redis;

/// <summary>Those who wait are told; they do not ask.</summary>
public sealed class IdleTests(RedisServer server) : RedisTests(server)
{
    [Fact]
    public async Task Waiters_and_observers_send_nothing_while_the_leader_renews()
    {
        var lease = TimeSpan.FromSeconds(2);
        var leading = await StoreAsync();
        await TeachScriptsAsync(leading);
        var held = await Acquire(leading, Stand("leader"));
        var store = await StoreAsync();
        var waiting = Enumerable.Range(0, 5).Select(i => Campaign(store, Stand($"node-{i}", lease))).ToArray();
        await using var watching = store.ObserveAsync(Election, Ending).GetAsyncEnumerator();
        Assert.True(await watching.MoveNextAsync().AsTask().WaitAsync(Bound));
        await UntilWaiting(5);
        await ForgetRequestsAsync();

        var clock = BootClock.Instance;
        var renewals = 0;
        var end = clock.After(lease * 2);
        using var cadence = new PeriodicTimer(lease / 10, clock);
        while (clock.GetTimestamp() < end)
        {
            Assert.Equal(RenewAnswer.Renewed, await leading.RenewAsync(held.Term, lease, Ending));
            renewals++;
            await cadence.WaitForNextTickAsync();
        }

        Assert.DoesNotContain(waiting, w => w.IsCompleted);
        Assert.Equal(renewals, await ScriptRequestsAsync());
    }

    [Fact]
    public async Task Where_nothing_is_told_a_waiter_asks_once_a_lease()
    {
        var lease = TimeSpan.FromSeconds(1);
        var store = await StoreAsync();
        await Acquire(store, Stand("leader", lease));
        var waiting = Campaign(await StoreAsync(), Stand("waiting", lease));
        await UntilWaiting(1);
        await ForgetRequestsAsync();
        var asked = await Admin.KeyTimeToLiveAsync(Key("seat"));

        // The seat is kept behind the store's back: nobody is told of this renewal.
        await Admin.KeyExpireAsync(Key("seat"), TimeSpan.FromSeconds(3));
        await Until(async () => await ScriptRequestsAsync() > 0, "it asks at the end last told");
        Assert.True(asked <= lease);
        await waiting.WaitAsync(Bound);
        Assert.InRange(await ScriptRequestsAsync(), 2, 3);
    }
}
