using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Stores.Tests.Etcd;

/// <summary>A member that hangs, and later does or says what is of the past.</summary>
public sealed class StaleMemberTests(EtcdServer server) : EtcdTests(server)
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(6);

    [Fact]
    public async Task A_lease_is_not_kept_at_a_member_that_does_not_answer_a_read()
    {
        var stuck = false;
        // A former leader of etcd that is stuck answers keep-alives of itself, and no read.
        await using var stale = new HttpProxy(Server.ConnectionString, async (path, _) =>
        {
            if (Volatile.Read(ref stuck) && path == "/v3/lease/keepalive")
                return """{"result":{"ID":"1","TTL":"6"}}""";
            if (Volatile.Read(ref stuck) || path == "/v3/watch")
                await Task.Delay(Timeout.Infinite, Ending);
            return null;
        });
        await using var sound = new HttpProxy(Server.ConnectionString, (_, _) => Task.FromResult<string?>(null));
        var store = Store($"{stale.Address},{sound.Address}");
        var grant = await Acquire(store, Stand("node-1", s_lease));
        Volatile.Write(ref stuck, true);
        Assert.Equal(RenewAnswer.Renewed, await store.RenewAsync(grant.Term, s_lease, Ending));
        Assert.DoesNotContain("/v3/lease/keepalive", stale.Asked);
        Assert.Contains("/v3/lease/keepalive", sound.Asked);
    }

    [Fact]
    public async Task A_write_that_hung_and_was_done_elsewhere_does_not_come_again_after_a_later_one()
    {
        var hung = new TaskCompletionSource<(string Path, string Body)>(TaskCreationOptions.RunContinuationsAsynchronously);
        var holds = false;
        await using var slow = new HttpProxy(Server.ConnectionString, async (path, body) =>
        {
            // The write, not the look before it.
            if (Volatile.Read(ref holds) && body.Contains("request_put", StringComparison.Ordinal) && hung.TrySetResult((path, body)))
                await Task.Delay(Timeout.Infinite, Ending);
            if (path == "/v3/watch")
                await Task.Delay(Timeout.Infinite, Ending);
            return null;
        });
        var store = Store($"{slow.Address},{Server.ConnectionString}");
        var grant = await Acquire(store, Stand("node-1"));
        Volatile.Write(ref holds, true);
        await store.WriteAsync(grant.Term, "k", "first", Ending);
        await store.WriteAsync(grant.Term, "k", "second", Ending);
        var (at, late) = await hung.Task.WaitAsync(Bound);
        await slow.PassOnAsync(at, late);
        Assert.Equal("second", (await store.ReadAsync(Election, "k", Ending))["k"]);
    }

    [Fact]
    public async Task An_older_term_of_the_same_candidate_is_watched_no_more()
    {
        var doubts = 0;
        var store = Store();
        var candidacy = Stand("node-1", renewNow: () => Interlocked.Increment(ref doubts));
        var first = await Acquire(store, candidacy);
        // It ended in silence; its key is taken away when its candidate stands again.
        var second = await Acquire(store, candidacy);
        Assert.Equal(RenewAnswer.Lost, await store.RenewAsync(first.Term, candidacy.LeaseDuration, Ending));
        Assert.Equal(RenewAnswer.Renewed, await store.RenewAsync(second.Term, candidacy.LeaseDuration, Ending));
        Assert.Equal(0, Volatile.Read(ref doubts));
    }
}
