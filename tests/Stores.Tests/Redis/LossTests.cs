using AspireElection.Stores.Redis;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;

namespace AspireElection.Stores.Tests.Redis;

/// <summary>A server that loses its data, its line or its time.</summary>
public sealed class LossTests(RedisServer server) : RedisTests(server)
{
    [Fact]
    public async Task Over_a_wipe_a_waiter_keeps_to_the_end_it_was_told_and_tokens_grow()
    {
        var lease = TimeSpan.FromSeconds(1);
        var one = await StoreAsync();
        await TeachScriptsAsync(one);
        var before = await Acquire(one, Stand("node-1", lease));
        var waiting = Campaign(await StoreAsync(), Stand("node-2", lease));
        await UntilWaiting(1);

        await Admin.ExecuteAsync("FLUSHALL");
        await Admin.ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");

        var after = await waiting.WaitAsync(Bound);
        Assert.True(after.AnchoredAt >= before.AnchoredAt + (lease - TimeSpan.FromMilliseconds(2)).ToTicksOf(BootClock.Instance));
        Assert.True(after.Term.Token > before.Term.Token);
        Assert.Equal(RenewAnswer.Lost, await one.RenewAsync(before.Term, lease, Ending));
    }

    [Fact]
    public async Task Over_a_wipe_a_campaign_that_begins_after_it_keeps_to_the_end_that_its_store_was_told()
    {
        var lease = TimeSpan.FromSeconds(1);
        var store = await StoreAsync();
        await TeachScriptsAsync(store);
        await using var watching = store.ObserveAsync(Election, Ending).GetAsyncEnumerator();
        var before = await Acquire(await StoreAsync(), Stand("node-1", lease));
        for (var told = 0; watching.Current?.Leader?.Term != before.Term.Token; told++)
        {
            Assert.True(told < 3, "the watch was told of the leader");
            Assert.True(await watching.MoveNextAsync().AsTask().WaitAsync(Bound));
        }

        await Admin.ExecuteAsync("FLUSHALL");
        var after = await Acquire(store, Stand("node-2", lease));
        Assert.True(after.AnchoredAt >= before.AnchoredAt + (lease - TimeSpan.FromMilliseconds(2)).ToTicksOf(BootClock.Instance));
    }

    [Fact]
    public async Task Over_a_wipe_a_turn_is_no_proof_that_an_earlier_term_has_ended()
    {
        var lease = TimeSpan.FromSeconds(2);
        var before = await Acquire(await StoreAsync(), Stand("node-1", lease));
        var waiter = Stand("node-2", lease);
        var waiting = Campaign(await StoreAsync(), waiter);
        await UntilWaiting(1);

        await Admin.ExecuteAsync("FLUSHALL");
        var ignorant = await StoreAsync();
        var between = await Acquire(ignorant, Stand("node-3", TimeSpan.FromMinutes(1)));
        // As its next heartbeat would do.
        await Admin.SortedSetAddAsync(Key("line"), waiter.Id.ToString(), 0);
        await ignorant.ReleaseAsync(between.Term, Ending);

        var after = await waiting.WaitAsync(Bound);
        Assert.True(after.AnchoredAt >= before.AnchoredAt + (lease - TimeSpan.FromMilliseconds(2)).ToTicksOf(BootClock.Instance));
        Assert.True(after.Term.Token > between.Term.Token);
    }

    [Fact]
    public async Task A_term_whose_successor_was_released_is_waited_for_by_nobody()
    {
        var store = await StoreAsync();
        var older = await Acquire(store, Stand("node-1"));
        await store.ReleaseAsync(older.Term, Ending);
        var newer = await Acquire(store, Stand("node-2"));
        await store.ReleaseAsync(newer.Term, Ending);
        var remembering = Stand("node-3");
        var leader = new Leader("node-1", older.Term.Candidate.Incarnation, null, older.Term.Token, default);
        remembering.Saw(new Sighting(leader, BootClock.Instance.After(TimeSpan.FromMinutes(1))));
        await Campaign(await StoreAsync(), remembering).WaitAsync(Bound);
    }

    [Theory]
    [InlineData("term")]
    [InlineData("fence")]
    public async Task Over_an_evicted_record_tokens_grow(string evicted)
    {
        var store = await StoreAsync();
        var remembering = Stand("node-1");
        remembering.SawToken(FencingToken.Max / 2);
        var before = await Acquire(store, remembering);
        await Admin.KeyDeleteAsync(Key(evicted));
        await store.ReleaseAsync(before.Term, Ending);
        var after = await Acquire(store, Stand("node-2"));
        Assert.True(after.Term.Token > before.Term.Token);
    }

    [Fact]
    public async Task A_restarted_server_makes_its_leader_renew_at_once()
    {
        await using var own = new RedisServer();
        await own.StartAsync();
        var renewed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var store = await StoreAsync(own.ConnectionString);
        var grant = await Acquire(store, Stand("node-1", renewNow: () => renewed.TrySetResult()));
        await own.RestartAsync(keepData: false);
        await renewed.Task.WaitAsync(Bound);
        await Until(async () =>
        {
            try
            {
                return await store.RenewAsync(grant.Term, TimeSpan.FromMinutes(1), Ending) == RenewAnswer.Lost;
            }
            catch (StoreUnavailableException)
            {
                return false;
            }
        }, "the empty server says that the term is lost");
    }

    [Fact]
    public async Task A_grant_that_arrives_after_its_campaign_was_cancelled_is_given_back()
    {
        await using var own = new RedisServer();
        await own.StartAsync();
        var admin = (await ConnectAsync(own.ConnectionString)).GetDatabase();
        var store = await StoreAsync(own.ConnectionString);
        await TeachScriptsAsync(store);
        using var giveUp = new CancellationTokenSource();

        await admin.ExecuteAsync("CLIENT", "PAUSE", 60_000, "WRITE");
        var abandoned = store.AcquireAsync(Stand("node-1"), giveUp.Token).AsTask();
        await Until(
            async () => ((string)(await admin.ExecuteAsync("CLIENT", "LIST"))!).Contains("cmd=evalsha", StringComparison.Ordinal),
            "the server holds back the request");
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned.WaitAsync(Bound));
        await admin.ExecuteAsync("CLIENT", "UNPAUSE");

        await Acquire(await StoreAsync(own.ConnectionString), Stand("node-2")).WaitAsync(Bound);
    }

    [Fact]
    public async Task A_server_that_forgot_the_scripts_is_told_them_again()
    {
        var store = await StoreAsync();
        var grant = await Acquire(store, Stand("node-1"));
        await Admin.ExecuteAsync("SCRIPT", "FLUSH");
        Assert.Equal(RenewAnswer.Renewed, await store.RenewAsync(grant.Term, TimeSpan.FromMinutes(1), Ending));
        await store.WriteAsync(grant.Term, "key", "value", Ending);
    }

    [Fact]
    public async Task An_observer_is_cut_off_with_its_line_and_may_observe_anew()
    {
        var store = await StoreAsync();
        var grant = await Acquire(await StoreAsync(), Stand("node-1"));
        await using var watching = store.ObserveAsync(Election, Ending).GetAsyncEnumerator();
        Assert.True(await watching.MoveNextAsync().AsTask().WaitAsync(Bound));
        var next = watching.MoveNextAsync().AsTask();
        await Admin.ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
        var cut = await Assert.ThrowsAsync<StoreUnavailableException>(() => next.WaitAsync(Bound));
        Assert.Contains($"127.0.0.1:{Server.Port}", cut.Message, StringComparison.Ordinal);

        await using var anew = store.ObserveAsync(Election, Ending).GetAsyncEnumerator();
        Assert.True(await anew.MoveNextAsync().AsTask().WaitAsync(Bound));
        Assert.Equal(grant.Term.Token, anew.Current.Leader?.Term);
    }

    [Fact]
    public async Task An_evicted_seat_is_lost_to_its_leader_and_taken_by_nobody_who_was_told_of_it_before_its_end()
    {
        var lease = TimeSpan.FromSeconds(1);
        var store = await StoreAsync();
        await TeachScriptsAsync(store);
        var before = await Acquire(store, Stand("node-1", lease));
        var waiting = Campaign(await StoreAsync(), Stand("node-2", lease));
        await UntilWaiting(1);
        await Admin.KeyDeleteAsync(Key("seat"));
        Assert.Equal(RenewAnswer.Lost, await store.RenewAsync(before.Term, lease, Ending));
        var after = await waiting.WaitAsync(Bound);
        Assert.True(after.AnchoredAt >= before.AnchoredAt + (lease - TimeSpan.FromMilliseconds(2)).ToTicksOf(BootClock.Instance));
    }

    [Fact]
    public async Task A_server_out_of_memory_lets_its_leader_renew_and_hand_over_and_refuses_a_newcomer()
    {
        await using var own = new RedisServer();
        await own.StartAsync();
        var admin = (await ConnectAsync(own.ConnectionString)).GetDatabase();
        var store = await StoreAsync(own.ConnectionString);
        await TeachScriptsAsync(store);
        var grant = await Acquire(store, Stand("node-1"));
        var waiting = Campaign(store, Stand("node-2"));
        await Until(async () => await admin.SortedSetLengthAsync(Key("line")) == 1, "in line");
        await admin.ExecuteAsync("CONFIG", "SET", "maxmemory", 1);
        Assert.Equal(RenewAnswer.Renewed, await store.RenewAsync(grant.Term, TimeSpan.FromMinutes(1), Ending));
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => Acquire(store, Stand("node-3")));
        Assert.Contains("out of memory", refused.Message, StringComparison.Ordinal);
        await store.ReleaseAsync(grant.Term, Ending);
        Assert.Equal("node-2", (await waiting.WaitAsync(Bound)).Term.Candidate.NodeId);
    }

    [Fact]
    public async Task A_term_outlives_a_server_that_is_killed_and_started_again_with_its_data()
    {
        await using var own = new RedisServer();
        await own.StartAsync();
        var admin = (await ConnectAsync(own.ConnectionString)).GetDatabase();
        await admin.ExecuteAsync("CONFIG", "SET", "appendfsync", "always");
        var store = await StoreAsync(own.ConnectionString + ",abortConnect=false");
        var grant = await Acquire(store, Stand("node-1"));
        own.Kill();
        await own.RestartAsync(keepData: true);
        await Until(async () => await AnswerAsync(store, grant.Term) == RenewAnswer.Renewed, "the term is renewed on the new server");
    }

    private async Task<RenewAnswer?> AnswerAsync(RedisStore store, Term term)
    {
        try
        {
            return await store.RenewAsync(term, TimeSpan.FromMinutes(1), Ending);
        }
        catch (StoreUnavailableException)
        {
            return null;
        }
    }
}
