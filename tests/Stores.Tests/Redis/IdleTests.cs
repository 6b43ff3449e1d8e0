using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;

namespace AspireElection.Stores.Tests.Redis;

/// <summary>Those who wait are told; they do not ask.</summary>
public sealed class IdleTests(RedisServer server) : RedisTests(server)
{
    [Fact]
    public async Task Waiters_and_observers_send_nothing_while_the_leader_renews()
    {
        var lease = TimeSpan.FromSeconds(3);
        var leading = await StoreAsync();
        await TeachScriptsAsync(leading);
        var held = await Acquire(leading, Stand("leader"));
        var store = await StoreAsync();
        await TeachScriptsAsync(store);
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
    public async Task A_follower_sends_one_request_a_lease_its_presence_included()
    {
        const int Followers = 4;
        var lease = TimeSpan.FromSeconds(3);
        var leading = await StoreAsync();
        await TeachScriptsAsync(leading);
        var held = await Acquire(leading, Stand("leader"));
        var store = await StoreAsync();
        await TeachScriptsAsync(store);
        var candidates = Enumerable.Range(0, Followers)
            .Select(i => new Candidate(Election, store, new ElectionOptions { NodeId = $"node-{i}", LeaseDuration = lease })).ToArray();
        foreach (var candidate in candidates)
            await candidate.StartAsync();
        await UntilWaiting(Followers);
        await Until(async () => (await store.ListAsync(Election, Ending)).Count == Followers, "all have joined");
        await ForgetRequestsAsync();

        var clock = BootClock.Instance;
        var started = clock.GetTimestamp();
        var renewals = 0;
        using var cadence = new PeriodicTimer(lease / 10, clock);
        while (clock.GetElapsedTime(started) < lease * 2)
        {
            Assert.Equal(RenewAnswer.Renewed, await leading.RenewAsync(held.Term, lease, Ending));
            renewals++;
            await cadence.WaitForNextTickAsync();
        }

        var requests = await ScriptRequestsAsync() - renewals;
        Assert.InRange(requests, Followers, Followers * Math.Ceiling(clock.GetElapsedTime(started) / lease + 1));
        await Task.WhenAll(candidates.Select(c => c.StopAsync())).WaitAsync(Bound);
    }

    [Fact]
    public async Task Where_nothing_is_told_a_waiter_asks_once_a_lease()
    {
        var lease = TimeSpan.FromSeconds(1);
        var store = await StoreAsync();
        await TeachScriptsAsync(store);
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
