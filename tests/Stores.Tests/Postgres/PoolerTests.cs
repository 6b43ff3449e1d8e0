using AspireElection.Stores.Postgres;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;
using Npgsql;

namespace AspireElection.Stores.Tests.Postgres;

/// <summary>PgBouncer in between: only a session that is the candidate's alone can hold a seat.</summary>
[Collection(SharedPostgres.Name)]
public sealed class PoolerTests(PostgresServer server) : PostgresFacts(server)
{
    [Theory]
    [InlineData("session")]
    [InlineData("transaction")]
    public async Task Any_pooler_is_refused_unless_it_is_declared(string mode)
    {
        await using var pooler = await PgBouncer.StartAsync(Server, mode);
        var refused = await Refused(NewStore(pooler.ConnectionString));
        Assert.Contains("a pooler is in between", refused, StringComparison.Ordinal);
        Assert.Contains("connect to the server itself, or declare that the pooler runs in session mode (BehindSessionPooler)", refused, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("transaction", false)]
    [InlineData("transaction", true)]
    [InlineData("statement", false)]
    public async Task One_that_keeps_no_session_is_refused_whatever_was_declared(string mode, bool roundRobin)
    {
        await using var pooler = await PgBouncer.StartAsync(Server, mode, roundRobin);
        // Several idle server sessions, so that not every connection is given the same one by chance.
        if (mode == "transaction")
            await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => HoldAsync(pooler, TimeSpan.FromMilliseconds(50))));
        var refused = await Refused(NewStore(pooler.ConnectionString, behindSessionPooler: true));
        Assert.Contains("the pooler keeps no session", refused, StringComparison.Ordinal);
        Assert.Contains("connect to the server itself, or set pool_mode to session", refused, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_declared_one_in_session_mode_serves_a_seat_and_its_line()
    {
        await using var pooler = await PgBouncer.StartAsync(Server, "session");
        var lease = TimeSpan.FromSeconds(2);
        var (one, two) = (NewStore(pooler.ConnectionString, true), NewStore(pooler.ConnectionString, true));
        var grant = await Acquire(one, Stand("node-1", lease));
        var waiting = Acquire(two, Stand("node-2", lease));
        using var cadence = new PeriodicTimer(lease / 8, Clock);
        while (Since(grant.AnchoredAt) < lease * 1.5 && await cadence.WaitForNextTickAsync())
            Assert.Equal(RenewAnswer.Renewed, await Renew(one, grant, lease));
        await UntilWaiting(1);
        Assert.False(waiting.IsCompleted);
        await one.ReleaseAsync(grant.Term, CancellationToken.None);
        Assert.Equal("node-2", (await waiting).Term.Candidate.NodeId);
    }

    [Fact]
    public async Task Behind_one_in_session_mode_the_server_ends_a_silent_leader_all_the_same()
    {
        await using var pooler = await PgBouncer.StartAsync(Server, "session");
        var lease = TimeSpan.FromMilliseconds(600);
        var doubted = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        var store = NewStore(pooler.ConnectionString, true);
        var grant = await Acquire(store, Stand("node-1", lease, renewNow: () => doubted.SetResult(Clock.GetTimestamp())));
        Assert.True(await doubted.Task.WaitAsync(Bound) >= grant.AnchoredAt + lease.ToTicksOf(Clock), "ended while its leader still trusted in it");
        Assert.Equal(RenewAnswer.Lost, await Renew(store, grant, lease));
    }

    [Fact]
    public async Task A_heartbeat_that_another_backend_answers_means_that_the_seat_is_lost()
    {
        await using var pooler = await PgBouncer.StartAsync(Server, "session");
        var store = NewStore(pooler.ConnectionString, true);
        var grant = await Acquire(store, Stand("node-1"));
        await pooler.ReconfigureAsync("transaction");
        var holder = await AskAsync<int>("SELECT backend_pid FROM election_terms WHERE token = $1", grant.Term.Token);
        // The next heartbeat frees the server session, and somebody else is given it with the lock.
        await Until(async () =>
        {
            Assert.Equal(RenewAnswer.Renewed, await Renew(store, grant));
            await using var others = NpgsqlDataSource.Create(pooler.ConnectionString + ";Pooling=false");
            await using var other = await others.OpenConnectionAsync();
            await using var transaction = await other.BeginTransactionAsync();
            await using var pid = new NpgsqlCommand("SELECT pg_backend_pid()", other, transaction);
            if ((int)(await pid.ExecuteScalarAsync())! != holder)
                return false;
            Assert.Equal(RenewAnswer.Lost, await Renew(store, grant));
            return true;
        }, "the pooler gives the locked session to somebody else");
    }

    private async Task<string> Refused(PostgresStore store) =>
        (await Assert.ThrowsAsync<StoreUnavailableException>(() => Acquire(store, Stand("node-1")))).Message;

    private static async Task HoldAsync(PgBouncer pooler, TimeSpan duration)
    {
        await using var source = NpgsqlDataSource.Create(pooler.ConnectionString + ";Pooling=false");
        await using var hold = source.CreateCommand("SELECT pg_sleep($1)");
        hold.Parameters.Add(new NpgsqlParameter { Value = duration.TotalSeconds });
        await hold.ExecuteNonQueryAsync();
    }
}
