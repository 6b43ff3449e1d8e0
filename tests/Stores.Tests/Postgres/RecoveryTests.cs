using AspireElection.Stores.Postgres;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;

namespace AspireElection.Stores.Tests.Postgres;

/// <summary>
/// A server that restarted, crashed or was promoted forgets its locks, not its tables: a term that was not released is
/// waited out, because its leader may still trust in it. Each fact harms a server of its own.
/// </summary>
public sealed class RecoveryTests : IAsyncLifetime
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly PostgresServer _server = new();
    private readonly List<IAsyncDisposable> _disposed = [];

    private static TimeProvider Clock => BootClock.Instance;

    public Task InitializeAsync() => _server.StartAsync();

    public async Task DisposeAsync()
    {
        foreach (var disposed in _disposed)
            await disposed.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task After_a_restart_only_an_unreleased_term_is_waited_out(bool released, bool killed)
    {
        var lease = LeaseFor(released);
        var (one, before) = await LeadAsync(lease, released);
        var broken = Clock.GetTimestamp();
        if (killed)
            _server.Kill();
        await _server.RestartAsync(keepData: true);
        await FollowAsync(_server.ConnectionString, before, broken, lease, released);
        Assert.Equal(RenewAnswer.Lost, await one.RenewAsync(before, lease, CancellationToken.None).AsTask().WaitAsync(Bound));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_the_crash_of_a_backend_only_an_unreleased_term_is_waited_out(bool released)
    {
        var lease = LeaseFor(released);
        var (one, before) = await LeadAsync(lease, released);
        var start = await _server.QueryAsync("SELECT pg_postmaster_start_time()");
        var broken = Clock.GetTimestamp();
        Signal.Send((int)(await _server.QueryAsync("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'"))!, Signal.Kill);
        await FollowAsync(_server.ConnectionString, before, broken, lease, released);
        Assert.Equal(start, await _server.QueryAsync("SELECT pg_postmaster_start_time()"));
        Assert.Equal(RenewAnswer.Lost, await one.RenewAsync(before, lease, CancellationToken.None).AsTask().WaitAsync(Bound));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_a_promotion_only_an_unreleased_term_is_waited_out(bool released)
    {
        var lease = LeaseFor(released);
        // With its tables, so that a standby which has the term is known by their rows.
        await LeadAsync(lease, released: true);
        var standby = await PostgresServer.StandbyOfAsync(_server);
        _disposed.Add(standby);
        var (_, before) = await LeadAsync(lease, released);
        await UntilAsync(
            async () => await standby.QueryAsync($"SELECT (released_token = token) = {released} FROM election_terms WHERE token = {before.Token}") is true,
            "the standby has the term");
        // It has been up for longer than the lease: its own start says nothing about the last term.
        await UntilAsync(
            async () => await standby.QueryAsync($"SELECT clock_timestamp() - pg_postmaster_start_time() > interval '{lease.TotalSeconds} s'") is true || released,
            "the standby is up for a lease");
        var broken = Clock.GetTimestamp();
        Assert.Equal(true, await standby.QueryAsync("SELECT pg_promote()"));
        await FollowAsync(standby.ConnectionString, before, broken, lease, released);
    }

    [Fact]
    public async Task Who_waited_in_line_waits_out_a_term_that_the_store_has_lost_from_the_moment_its_wait_broke_off()
    {
        var lease = TimeSpan.FromSeconds(3);
        var (_, before) = await LeadAsync(TimeSpan.FromSeconds(60), released: false);
        // It was last told of a leader some time ago, who has gone on renewing since.
        var told = new Sighting(new Leader("node-1", before.Candidate.Incarnation, null, before.Token, DateTimeOffset.UnixEpoch), Clock.GetTimestamp());
        var store = NewStore(_server.ConnectionString);
        var waiting = store.AcquireAsync(Stand(), CancellationToken.None).AsTask();
        await UntilAsync(async () => await _server.QueryAsync("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") is 1L, "it waits");
        var broken = Clock.GetTimestamp();
        // The waiter first: it must not be granted the seat of a leader that loses its session a moment earlier.
        await _server.QueryAsync("SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
        await _server.QueryAsync("""
            SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
            DROP TABLE election_terms, election_marker, node_records, election_ledger, election_ledger_fence, election_log
            """);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => waiting.WaitAsync(Bound));
        var next = await AcquireAsync(store, Stand);
        var waited = TimeSpan.FromSeconds((double)(next.AnchoredAt - broken) / Clock.TimestampFrequency);
        Assert.True(waited >= lease, $"taken {waited.TotalSeconds:0.000} s after the break");
        Assert.True(next.Term.Token > before.Token);

        Candidacy Stand()
        {
            var candidacy = new Candidacy("recovery", new CandidateId("node-2", "same"), lease);
            candidacy.Saw(told);
            return candidacy;
        }
    }

    /// <summary>Far above what a recovery takes where nothing may be waited for.</summary>
    private static TimeSpan LeaseFor(bool released) => TimeSpan.FromSeconds(released ? 25 : 3);

    /// <summary>A term that is on disk, and its release where there is one.</summary>
    private async Task<(PostgresStore Store, Term Term)> LeadAsync(TimeSpan lease, bool released)
    {
        var store = NewStore(_server.ConnectionString);
        var term = (await AcquireAsync(store, "node-1", lease)).Term;
        if (released)
            await store.ReleaseAsync(term, CancellationToken.None);
        await _server.QueryAsync("CHECKPOINT");
        await _server.QueryAsync("SELECT pg_switch_wal()");
        return (store, term);
    }

    private async Task FollowAsync(string server, Term before, long broken, TimeSpan lease, bool released)
    {
        var next = await AcquireAsync(NewStore(server), "node-2", lease);
        var waited = TimeSpan.FromSeconds((double)(next.AnchoredAt - broken) / Clock.TimestampFrequency);
        Assert.True(next.Term.Token > before.Token);
        Assert.True(released ? waited < lease : waited >= lease, $"taken {waited.TotalSeconds:0.000} s after the server broke off");
    }

    private PostgresStore NewStore(string server)
    {
        var store = new PostgresStore(server, Clock);
        _disposed.Add(store);
        return store;
    }

    /// <summary>As a candidate does: tries again while the server is not there.</summary>
    private static Task<Grant> AcquireAsync(PostgresStore store, string node, TimeSpan lease) =>
        AcquireAsync(store, () => new Candidacy("recovery", new CandidateId(node, Guid.NewGuid().ToString("N")), lease));

    private static async Task<Grant> AcquireAsync(PostgresStore store, Func<Candidacy> stand)
    {
        Grant? grant = null;
        await UntilAsync(
            async () =>
            {
                try
                {
                    grant = await store.AcquireAsync(stand(), CancellationToken.None).AsTask().WaitAsync(Bound);
                    return true;
                }
                catch (StoreUnavailableException)
                {
                    return false;
                }
            },
            "the seat is granted");
        return grant!;
    }

    private static async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        var end = Clock.After(Bound);
        while (!await holds())
        {
            if (Clock.Until(end) == TimeSpan.Zero)
                Assert.Fail($"Not within {Bound.TotalSeconds} s: {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), Clock);
        }
    }
}
