using AspireElection.Stores.Postgres;
using AspireElection.Stores.Tests.Servers;
using Npgsql;
using Xunit.Abstractions;

namespace AspireElection.Stores.Tests.Postgres;

/// <summary>What a follower that only waits costs, and that saying more with a wait does not harm the wait.</summary>
[Collection(SharedPostgres.Name)]
public sealed class FollowerTests(PostgresServer server, ITestOutputHelper output) : PostgresFacts(server)
{
    private const string Beat = "SELECT last_heartbeat FROM node_records WHERE election = $1 AND id = 'follower'";

    [Fact]
    [Trait("Run", "all")]
    public async Task At_default_settings_an_idle_follower_does_one_round_trip_in_ten_seconds()
    {
        await using var line = new CountingLine(Server.Port);
        await using var leader = new Candidate(Election, NewStore(), new ElectionOptions { NodeId = "leader" });
        await leader.CampaignAsync().WaitAsync(Bound);
        var settings = new NpgsqlConnectionStringBuilder(Server.ConnectionString) { Port = line.Port };
        await using var follower = new Candidate(Election, NewStore(settings.ConnectionString), new ElectionOptions { NodeId = "follower" });
        await follower.StartAsync();
        await UntilElapsedAsync(TimeSpan.FromSeconds(25));
        Assert.Equal(("leader", Role.Follower), (follower.Leader?.NodeId, follower.Role));
        var (before, beat, trips, asked) = (Clock.GetTimestamp(), await AskAsync<DateTime>(Beat, Election), line.Trips, line.Asked);
        for (var second = 0; second < 60; second++)
        {
            await UntilElapsedAsync(TimeSpan.FromSeconds(1));
            // Its heartbeats are answered from memory: that the server answers is known by the waits alone.
            Assert.Equal(TimeSpan.Zero, follower.StoreOutage);
        }

        var done = line.Trips - trips;
        output.WriteLine($"{done} round trips in {Since(before).TotalSeconds:0.0} s");
        Assert.InRange(done, 5, 7);
        // Waits that begin anew, and a look at the holder of the lock: what a benchmark of hand-overs must not count.
        Assert.Equal(asked, line.Asked);
        // It is seen to be alive, and sees that its leader is.
        Assert.InRange(await AskAsync<DateTime>(Beat, Election) - beat, TimeSpan.FromSeconds(45), TimeSpan.FromSeconds(75));
        Assert.Equal(("leader", Role.Follower), (follower.Leader?.NodeId, follower.Role));
        Assert.Equal(2, follower.Members.Count);
        Assert.Null(follower.StoreTrouble);

        // What changes is said at once.
        follower.Priority = -2;
        await Until(async () => await AskAsync<int>("SELECT priority FROM node_records WHERE election = $1 AND id = 'follower'", Election) == -2, "its priority is known");
        await leader.ResignAsync();
        await Until(() => Task.FromResult(follower.IsLeader), "it leads");
        await Until(async () => await AskAsync<string>("SELECT status FROM node_records WHERE election = $1 AND id = 'follower'", Election) == "leader", "it is listed as leader");

        static async Task UntilElapsedAsync(TimeSpan duration)
        {
            using var elapsed = new PeriodicTimer(duration, Clock);
            await elapsed.WaitForNextTickAsync();
        }
    }

    [Fact]
    public async Task A_waiter_says_with_its_wait_that_it_is_here()
    {
        var (store, standing) = (NewStore(), Stand("follower"));
        var leader = await Acquire(NewStore(), Stand("leader"));
        await SayAsync(store, standing);
        var said = await AskAsync<DateTime>(Beat, Election);
        var waiting = Acquire(store, standing);
        await UntilWaiting(1);
        Assert.True(await AskAsync<DateTime>(Beat, Election) > said);
        await TerminateHolderAsync();
        Assert.True((await waiting).Term.Token > leader.Term.Token);
    }

    [Theory]
    [InlineData("LOCK TABLE node_records IN ACCESS EXCLUSIVE MODE")]
    [InlineData("SELECT FROM node_records FOR UPDATE")]
    public async Task A_waiter_that_cannot_say_so_waits_all_the_same_and_is_granted_the_seat(string block)
    {
        var (store, standing) = (NewStore(), Stand("follower"));
        await Acquire(NewStore(), Stand("leader"));
        await SayAsync(store, standing);
        await using var other = await Source.OpenConnectionAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using var blocking = new NpgsqlCommand(block, other, transaction);
        await blocking.ExecuteNonQueryAsync();
        var waiting = Acquire(store, standing);
        await UntilWaiting(1);
        var freed = Clock.GetTimestamp();
        await TerminateHolderAsync();
        await waiting;
        Assert.True(Since(freed) < TimeSpan.FromSeconds(5), $"granted after {Since(freed).TotalSeconds:0.0} s");
    }

    [Fact]
    public async Task A_waiter_that_is_cancelled_leaves_the_line_and_says_no_more()
    {
        var (store, standing) = (NewStore(), Stand("follower"));
        await Acquire(NewStore(), Stand("leader"));
        await SayAsync(store, standing);
        using var cancelling = new CancellationTokenSource();
        var waiting = store.AcquireAsync(standing, cancelling.Token).AsTask();
        await UntilWaiting(1);
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Bound));
        await UntilWaiting(0);
    }

    private async Task SayAsync(PostgresStore store, Candidacy standing) =>
        await store.HeartbeatAsync(new Member(Election, standing.Id, Role.Candidate, 0, null, 0), CancellationToken.None).AsTask().WaitAsync(Bound);
}
