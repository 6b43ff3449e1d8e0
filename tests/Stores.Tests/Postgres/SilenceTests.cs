using AspireElection.Stores.Postgres;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Workers;
using Npgsql;

namespace AspireElection.Stores.Tests.Postgres;

/// <summary>A silent leader loses its seat after the lease, not before and not later, whatever else goes on at the server.</summary>
[Collection(SharedPostgres.Name)]
public sealed class SilenceTests(PostgresServer server) : PostgresFacts(server)
{
    [Theory]
    [InlineData("Keepalive=1;Command Timeout=1")]
    [InlineData("Pooling=true;Minimum Pool Size=1;Multiplexing=true")]
    [InlineData("Max Auto Prepare=20;Enlist=true;Options=-c idle_session_timeout=100 -c statement_timeout=100 -c lock_timeout=100")]
    public async Task Nothing_of_the_users_string_keeps_a_silent_session_nor_ends_it_early(string more)
    {
        var lease = TimeSpan.FromSeconds(2);
        var store = NewStore($"{Server.ConnectionString};{more}");
        var doubted = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        // In line for longer than any of the limits of the string.
        await Acquire(NewStore(), Stand("node-0"));
        var waiting = Acquire(store, Stand("node-1", lease, renewNow: () => doubted.SetResult(Clock.GetTimestamp())));
        await UntilWaiting(1);
        await Until(async () => await AskAsync<bool>(
            "SELECT clock_timestamp() - query_start > interval '300 ms' FROM pg_stat_activity WHERE application_name = 'AspireElection 0 node-1'"),
            "it waits in one statement");
        var released = Clock.GetTimestamp();
        await TerminateHolderAsync();
        var grant = await waiting;
        AssertLasted(lease, grant.AnchoredAt, await doubted.Task.WaitAsync(Bound));
        Assert.True(grant.AnchoredAt >= released);
    }

    [Fact]
    public async Task Locked_tables_neither_lose_the_seat_of_a_leader_nor_keep_that_of_a_silent_one()
    {
        var lease = TimeSpan.FromSeconds(2);
        var store = NewStore();
        var doubted = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        var grant = await Acquire(store, Stand("node-1", lease, renewNow: () => doubted.SetResult(Clock.GetTimestamp())));
        await using var other = await Source.OpenConnectionAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using var block = new NpgsqlCommand("LOCK TABLE election_terms, node_records IN ACCESS EXCLUSIVE MODE", other, transaction);
        await block.ExecuteNonQueryAsync().WaitAsync(Bound);
        long last;
        using var cadence = new PeriodicTimer(lease / 8, Clock);
        do
        {
            last = Clock.GetTimestamp();
            Assert.Equal(RenewAnswer.Renewed, await Renew(store, grant, lease));
        }
        while (Since(grant.AnchoredAt) < lease * 1.5 && await cadence.WaitForNextTickAsync());
        AssertLasted(lease, last, await doubted.Task.WaitAsync(Bound));

        // Who is granted the seat cannot take its term meanwhile, and says why.
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => Acquire(NewStore(), Stand("node-2", lease)));
        Assert.Contains("nobody keeps the tables of the election locked", refused.Message, StringComparison.Ordinal);
        await transaction.RollbackAsync();
        await Acquire(NewStore(), Stand("node-2", lease));
    }

    [Fact]
    public async Task A_flood_of_notifications_does_not_keep_the_seat_of_a_frozen_leader()
    {
        var lease = TimeSpan.FromSeconds(2);
        await using var frozen = new WorkerProcess(
            $"--node-id frozen --lock-name {Election} --lease-duration {lease.TotalSeconds}s", $"ConnectionStrings__postgres={Server.ConnectionString}");
        await Until(() => Task.FromResult(frozen.BecameLeader), "the worker leads");
        var next = Acquire(NewStore(), Stand("next", lease));
        await UntilWaiting(1);
        Signal.Send(frozen.Id, Signal.Stop);
        var stopped = Clock.GetTimestamp();
        var flood = new string('x', 7900);
        while (!next.IsCompleted && Since(stopped) < Bound)
            await AskAsync<long>("SELECT count(pg_notify('aspire_election', n || $1)) FROM generate_series(1, 200) AS n", flood);
        var grant = await next;
        var left = TimeSpan.FromSeconds((double)(grant.AnchoredAt - stopped) / Clock.TimestampFrequency);
        Assert.True(left < lease + TimeSpan.FromSeconds(2), $"taken {left.TotalSeconds:0.0} s after its leader was frozen");
    }

    [Fact]
    public async Task A_longer_lease_makes_the_system_bear_a_longer_silence()
    {
        var (first, longer) = (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(40));
        await MakeTablesAsync();
        var settings = new ConnectionSettings(Source);
        var errors = new PostgresErrors(Server.ConnectionString);
        var candidacy = Stand("node-1", first);
        await using var session = await LockSession.OpenAsync(settings, new PoolerCheck(settings, errors, false), errors, candidacy, null, CancellationToken.None);
        Assert.True(await session.LineUpAsync());
        Assert.Equal("250ms", await ShowAsync("idle_session_timeout"));
        Assert.IsType<TermAnswer.Taken>(await session.Term.TakeAsync(0, 0, 0, [], 0));
        Assert.Equal(["2s", "1s", "2", "2", "3000"], await ShowAllAsync());
        Assert.True(await session.BeatAsync(longer));
        Assert.Equal(["40s", "1s", "40", "40", "41000"], await ShowAllAsync());
        Assert.True(await session.BeatAsync(first));
        Assert.Equal("2s", await ShowAsync("idle_session_timeout"));

        async Task<string[]> ShowAllAsync()
        {
            var values = new List<string>();
            foreach (var name in (string[])["idle_session_timeout", "statement_timeout", "tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_user_timeout"])
                values.Add(await ShowAsync(name));
            return [.. values];
        }

        async Task<string> ShowAsync(string name)
        {
            await using var show = new NpgsqlCommand($"SHOW {name}", session.Connection);
            return (string)(await show.ExecuteScalarAsync())!;
        }
    }

    private static void AssertLasted(TimeSpan lease, long from, long to)
    {
        var lasted = TimeSpan.FromSeconds((double)(to - from) / Clock.TimestampFrequency);
        Assert.True(lasted >= lease - TimeSpan.FromMilliseconds(2), $"ended {(lease - lasted).TotalMilliseconds:0.0} ms early, while its leader still trusted in it");
        Assert.True(lasted < lease + TimeSpan.FromSeconds(5), $"kept for {lasted.TotalSeconds:0.0} s");
    }
}
