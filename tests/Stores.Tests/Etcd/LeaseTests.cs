using AspireElection.Stores.Etcd;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;

namespace AspireElection.Stores.Tests.Etcd;

/// <summary>What a lease is worth, and when it is not.</summary>
public sealed class LeaseTests(EtcdServer server) : EtcdTests(server)
{
    [Fact]
    public async Task A_lease_is_rounded_up_to_whole_seconds()
    {
        var store = Store();
        var silent = await Acquire(store, Stand("node-1", TimeSpan.FromMilliseconds(1200)));
        Assert.Equal(2, (await LookAsync()).Term!.Seconds);
        var next = await Acquire(Store(), Stand("node-2", TimeSpan.FromMilliseconds(1200)));
        Assert.InRange(Between(silent.AnchoredAt, next.AnchoredAt).TotalSeconds, 2, 2 + Lateness.TotalSeconds * 1.5);
    }

    [Fact]
    public async Task A_lease_below_what_the_server_grants_is_refused_and_names_its_least()
    {
        await using var usual = EtcdServer.WithUsualTimes();
        await usual.StartAsync();
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(
            () => Acquire(Store(usual.ConnectionString), Stand("node-1", TimeSpan.FromSeconds(1))));
        Assert.Equal(
            $"etcd 127.0.0.1:{usual.Port} grants no lease below 2 s, and the lease duration is 1 s; raise that to at least 2 s, or lower its --election-timeout",
            refused.Message);
        Assert.True(refused.LeaseIsTooShort);
        await Acquire(Store(usual.ConnectionString), Stand("node-1", TimeSpan.FromMilliseconds(1500)));
    }

    [Fact]
    public async Task A_revoked_lease_is_told_to_its_leader_at_once_and_lost()
    {
        var doubted = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        var store = Store();
        var grant = await Acquire(store, Stand("node-1", renewNow: () => doubted.TrySetResult(BootClock.Instance.GetTimestamp())));
        await Task.Delay(TimeSpan.FromMilliseconds(300));
        var revoked = BootClock.Instance.GetTimestamp();
        await EtcdFacts.RevokeAsync(Admin, (await LookAsync()).Term!.Lease);
        Assert.InRange(Between(revoked, await doubted.Task.WaitAsync(Bound)).TotalMilliseconds, 0, 500);
        Assert.Equal(RenewAnswer.Lost, await store.RenewAsync(grant.Term, TimeSpan.FromMinutes(1), Ending));
    }

    [Fact]
    public async Task A_deleted_key_is_lost_although_its_lease_is_kept()
    {
        var store = Store();
        var grant = await Acquire(store, Stand("node-1"));
        await EtcdFacts.DeleteAsync(Admin, (await LookAsync()).Term!.Key);
        Assert.Equal(RenewAnswer.Lost, await store.RenewAsync(grant.Term, TimeSpan.FromMinutes(1), Ending));
    }

    [Fact]
    public async Task A_key_that_somebody_put_again_is_not_the_one_that_was_granted()
    {
        var store = Store();
        var grant = await Acquire(store, Stand("node-1"));
        var term = (await LookAsync()).Term!;
        await EtcdFacts.DeleteAsync(Admin, term.Key);
        await Admin.AskAsync("kv/txn", new Txn().Then(Txn.Put(term.Key, "again", term.Lease)).Body, EtcdCalls.LongestWait, default);
        Assert.Equal(RenewAnswer.Lost, await store.RenewAsync(grant.Term, TimeSpan.FromMinutes(1), Ending));
    }

    [Fact]
    public async Task Who_is_next_after_a_deleted_key_waits_while_its_holder_may_trust()
    {
        var lease = TimeSpan.FromSeconds(2);
        var store = Store();
        var silent = await Acquire(store, Stand("node-1", lease));
        var next = Campaign(Store(), Stand("node-2", lease));
        await UntilInLine(2);
        await EtcdFacts.DeleteAsync(Admin, (await LookAsync()).Term!.Key);
        var after = await next.WaitAsync(Bound);
        Assert.True(Between(silent.AnchoredAt, after.AnchoredAt) >= lease - TimeSpan.FromMilliseconds(2), "two trusted at one time");
    }

    [Fact]
    public async Task A_candidate_that_gives_up_leaves_no_key()
    {
        var store = Store();
        var held = await Acquire(store, Stand("node-1"));
        using var giveUp = new CancellationTokenSource();
        var leaving = store.AcquireAsync(Stand("node-2"), giveUp.Token).AsTask();
        await UntilInLine(2);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        Assert.Single((await LookAsync()).Line);
        await store.ReleaseAsync(held.Term, Ending);
        Assert.Empty((await LookAsync()).Line);
    }
}
