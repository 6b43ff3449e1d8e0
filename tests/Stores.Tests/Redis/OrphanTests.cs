using AspireElection.Stores.Redis;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;
using StackExchange.Redis;

namespace AspireElection.Stores.Tests.Redis;

/// <summary>A seat that was granted to nobody's knowledge: reclaimed under a new token by its own incarnation alone.</summary>
public sealed class OrphanTests(RedisServer server) : RedisTests(server)
{
    [Fact]
    public async Task A_late_grant_of_an_abandoned_attempt_neither_leads_nor_ends_the_reclaimed_term()
    {
        await using var own = new RedisServer();
        await own.StartAsync();
        var admin = (await ConnectAsync(own.ConnectionString)).GetDatabase();
        var store = await StoreAsync(own.ConnectionString);
        await TeachScriptsAsync(store);
        for (var round = 0; round < 5; round++)
        {
            var candidacy = Stand($"node-{round}", TimeSpan.FromSeconds(1));
            await admin.ExecuteAsync("CLIENT", "PAUSE", 60_000, "WRITE");
            await Assert.ThrowsAsync<StoreUnavailableException>(() => Acquire(store, candidacy));
            var again = Campaign(store, candidacy);
            await admin.ExecuteAsync("CLIENT", "UNPAUSE");
            var grant = await again.WaitAsync(Bound);
            // The late answer is dealt with before this one.
            for (var renewal = 0; renewal < 3; renewal++)
                Assert.Equal(RenewAnswer.Renewed, await store.RenewAsync(grant.Term, TimeSpan.FromSeconds(5), Ending));
            Assert.Equal($"{grant.Term.Token}:{candidacy.Id}", (string?)await admin.StringGetAsync(Key("seat")));
            await store.ReleaseAsync(grant.Term, Ending);
        }
    }

    [Fact]
    public async Task A_late_copy_of_a_request_that_names_its_orphan_takes_nothing_from_a_newer_term()
    {
        var store = await StoreAsync();
        var candidacy = Stand("node-1");
        var orphan = await Acquire(store, candidacy);
        var reclaimed = await Acquire(store, candidacy);
        Assert.True(reclaimed.Term.Token > orphan.Term.Token);

        var calls = new RedisCalls(await ConnectAsync(), BootClock.Instance);
        RedisValue[] late = [0, 60_000, 0, 0, orphan.Term.Token, ""];
        var answer = (string[])(await calls.SeatAsync(RedisScript.Acquire, Election, candidacy.Id.ToString(), late, Bound, Ending))!;

        Assert.NotEqual("granted", answer[0]);
        Assert.Equal(RenewAnswer.Renewed, await store.RenewAsync(reclaimed.Term, TimeSpan.FromMinutes(1), Ending));
    }

    [Fact]
    public async Task Another_incarnation_of_the_node_does_not_reclaim_its_seat()
    {
        var store = await StoreAsync();
        var orphan = await Acquire(store, Stand("node-1"));
        var other = Campaign(await StoreAsync(), Stand("node-1", priority: 9));
        await UntilWaiting(1);
        Assert.False(other.IsCompleted);
        Assert.Equal(RenewAnswer.Renewed, await store.RenewAsync(orphan.Term, TimeSpan.FromMinutes(1), Ending));
    }

    [Fact]
    public async Task Numbers_above_2_to_the_46_are_written_out_in_full()
    {
        var store = await StoreAsync();
        var remembering = Stand("node-1");
        const long Seen = FencingToken.Max - 1000;
        remembering.SawToken(Seen);
        await using var watching = (await StoreAsync()).ObserveAsync(Election, Ending).GetAsyncEnumerator();
        Assert.True(await watching.MoveNextAsync().AsTask().WaitAsync(Bound));
        var grant = await Acquire(store, remembering);

        Assert.Equal(Seen + 1, grant.Term.Token);
        Assert.Equal($"{Seen + 1}:{remembering.Id}", (string?)await Admin.StringGetAsync(Key("seat")));
        Assert.Equal($"{Seen + 1}:{remembering.Id}", (string?)await Admin.StringGetAsync(Key("fence")));
        Assert.Equal($"{Seen + 1}", (string?)await Admin.HashGetAsync(Key("term"), "token"));
        while (watching.Current.Leader is null)
            Assert.True(await watching.MoveNextAsync().AsTask().WaitAsync(Bound));
        Assert.Equal(Seen + 1, watching.Current.Leader.Term);
        await store.ReleaseAsync(grant.Term, Ending);
        Assert.Equal(Seen + 2, (await Acquire(store, Stand("node-2"))).Term.Token);
    }
}
