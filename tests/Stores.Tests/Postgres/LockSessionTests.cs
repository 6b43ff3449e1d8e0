using AspireElection.Stores.Postgres;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;
using Xunit.Abstractions;

namespace AspireElection.Stores.Tests.Postgres;

/// <summary>The session that holds the seat: how its end is noticed, and what its leader can rely on.</summary>
[Collection(SharedPostgres.Name)]
public sealed class LockSessionTests(PostgresServer server, ITestOutputHelper output) : PostgresFacts(server)
{
    [Fact]
    public async Task A_session_that_the_server_ends_is_noticed_at_once_and_the_term_is_lost()
    {
        var store = NewStore();
        var doubted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var grant = await Acquire(store, Stand("node-1", renewNow: doubted.SetResult));
        var before = Clock.GetTimestamp();
        Assert.Equal(1, await TerminateHolderAsync());
        await doubted.Task.WaitAsync(Bound);
        output.WriteLine($"noticed {Since(before).TotalMilliseconds:0.0} ms after the order to end it was sent");
        Assert.Equal(RenewAnswer.Lost, await Renew(store, grant));
    }

    [Fact]
    public async Task A_session_that_ends_when_a_release_was_said_to_be_near_and_does_not_come_is_noticed()
    {
        var doubted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var grant = await Acquire(NewStore(), Stand("node-1", renewNow: doubted.SetResult));
        grant.ReleaseNears!();
        Assert.Equal(1, await TerminateHolderAsync());
        await doubted.Task.WaitAsync(Bound);
    }

    [Fact]
    public async Task A_leader_whose_store_is_closed_is_told_and_one_that_resigns_is_not()
    {
        var store = NewStore();
        var (told, resignedIsTold) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), false);
        await Acquire(store, Stand("node-1", renewNow: told.SetResult));
        var resigns = new Candidacy($"{Election}-resigns", new CandidateId("node-1", "i"), Bound, renewNow: () => resignedIsTold = true);
        await store.ReleaseAsync((await Acquire(store, resigns)).Term, CancellationToken.None);
        await store.DisposeAsync();
        await told.Task.WaitAsync(Bound);
        Assert.False(resignedIsTold);
    }

    [Fact]
    public async Task A_silent_session_is_ended_by_the_server_after_the_lease()
    {
        var lease = TimeSpan.FromMilliseconds(600);
        var store = NewStore();
        var doubted = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        var grant = await Acquire(store, Stand("node-1", lease, renewNow: () => doubted.SetResult(Clock.GetTimestamp())));
        var endedAt = await doubted.Task.WaitAsync(Bound);
        Assert.True(endedAt >= grant.AnchoredAt + lease.ToTicksOf(Clock), "ended while its leader still trusted in it");
        Assert.Equal(RenewAnswer.Lost, await Renew(store, grant, lease));
        await Until(async () => await AskAsync<long>(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'AspireElection 0 node-1'") == 0, "its session is gone");
    }

    [Fact]
    public async Task Renewals_keep_the_session_for_another_lease()
    {
        var lease = TimeSpan.FromMilliseconds(800);
        var store = NewStore();
        var grant = await Acquire(store, Stand("node-1", lease));
        using var cadence = new PeriodicTimer(lease / 8, Clock);
        for (var renewal = 0; renewal < 20 && await cadence.WaitForNextTickAsync(); renewal++)
            Assert.Equal(RenewAnswer.Renewed, await Renew(store, grant, lease));
        Assert.True(Since(grant.AnchoredAt) > lease * 2);
    }

    [Fact]
    public async Task A_cancelled_acquire_leaves_the_line_and_no_session_behind()
    {
        var (leader, store) = (NewStore(), NewStore());
        await Acquire(leader, Stand("node-1"));
        using var cancelling = new CancellationTokenSource();
        var waiting = store.AcquireAsync(Stand("node-cancelled"), cancelling.Token).AsTask();
        await UntilWaiting(1);
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Bound));
        await UntilWaiting(0);
        await Until(async () => await AskAsync<long>(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'AspireElection 0 node-cancelled'") == 0, "its session is gone");
    }

    [Fact]
    public async Task A_session_holds_no_row_lock_and_no_transaction_open()
    {
        var grant = await Acquire(NewStore(), Stand("node-1"));
        Assert.Equal("idle", await AskAsync<string>(
            "SELECT state FROM pg_stat_activity JOIN election_terms ON pid = backend_pid WHERE token = $1", grant.Term.Token));
    }

    [Fact]
    public Task The_time_from_a_dead_session_to_the_next_term() => MeasureAsync((_, _) => TerminateHolderAsync());

    [Fact]
    public Task The_time_from_a_release_to_the_next_term() =>
        MeasureAsync((store, grant) => store.ReleaseAsync(grant.Term, CancellationToken.None).AsTask());

    private async Task MeasureAsync(Func<PostgresStore, Grant, Task> end)
    {
        var stores = (NewStore(), NewStore());
        var grant = await Acquire(stores.Item1, Stand("node-0"));
        var times = new List<double>();
        for (var round = 1; round <= 21; round++)
        {
            var next = Acquire(stores.Item2, Stand($"node-{round}"));
            await UntilWaiting(1);
            var before = Clock.GetTimestamp();
            var ending = end(stores.Item1, grant);
            var following = await next;
            times.Add(Since(before).TotalMilliseconds);
            await ending.WaitAsync(Bound);
            Assert.True(following.Term.Token > grant.Term.Token);
            (grant, stores) = (following, (stores.Item2, stores.Item1));
        }

        times.Sort();
        output.WriteLine($"median {times[10]:0.0} ms, worst {times[^1]:0.0} ms of {times.Count}");
    }
}
