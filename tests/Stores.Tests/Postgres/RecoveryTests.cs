using AspireElection.Stores.Postgres;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;

namespace AspireElection.Stores.Tests.Postgres;

/// <summary>
/// A server that restarted, crashed or was promoted forgets its locks, not its tables: a term that was not released is
/// waited out, because its leader may still trust in it. After a crash or a promotion so is one that was released: the term
/// after it may be lost. Each fact harms a server of its own.
/// </summary>
public sealed class RecoveryTests : IAsyncLifetime
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(3);

    private readonly PostgresServer _server = new();
    private readonly List<IAsyncDisposable> _disposed = [];
    private int _stopped;

    private static TimeProvider Clock => BootClock.Instance;

    public Task InitializeAsync() => _server.StartAsync();

    public async Task DisposeAsync()
    {
        foreach (var disposed in _disposed)
            await disposed.DisposeAsync();
        if (_stopped != 0)
            Signal.Send(_stopped, Signal.Continue);
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task After_a_restart_only_an_unreleased_term_is_waited_out_and_after_a_crash_any(bool released, bool killed)
    {
        var lease = LeaseFor(released);
        var (one, before) = await LeadAsync(lease, released);
        var broken = Clock.GetTimestamp();
        if (killed)
            _server.Kill();
        await _server.RestartAsync(keepData: true);
        await FollowAsync(_server.ConnectionString, before, broken, lease, immediately: released);
        Assert.Equal(RenewAnswer.Lost, await one.RenewAsync(before, lease, CancellationToken.None).AsTask().WaitAsync(Bound));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_the_crash_of_a_backend_a_term_is_waited_out(bool released)
    {
        var (one, before) = await LeadAsync(Short, released);
        var start = await _server.QueryAsync("SELECT pg_postmaster_start_time()");
        var broken = Clock.GetTimestamp();
        Signal.Send(await PidOfAsync("checkpointer"), Signal.Kill);
        await FollowAsync(_server.ConnectionString, before, broken, Short, immediately: false);
        Assert.Equal(start, await _server.QueryAsync("SELECT pg_postmaster_start_time()"));
        Assert.Equal(RenewAnswer.Lost, await one.RenewAsync(before, Short, CancellationToken.None).AsTask().WaitAsync(Bound));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_a_promotion_a_term_is_waited_out(bool released)
    {
        // With its tables, so that a standby which has the term is known by their rows.
        await LeadAsync(Short, released: true);
        var standby = await PostgresServer.StandbyOfAsync(_server);
        _disposed.Add(standby);
        var (_, before) = await LeadAsync(Short, released);
        await UntilAsync(
            async () => await standby.QueryAsync($"SELECT (released_token = token) = {released} FROM election_terms WHERE token = {before.Token}") is true,
            "the standby has the term");
        // It has been up for longer than the lease: its own start says nothing about the last term.
        await UntilAsync(
            async () => await standby.QueryAsync($"SELECT clock_timestamp() - pg_postmaster_start_time() > interval '{Short.TotalSeconds} s'") is true,
            "the standby is up for a lease");
        var broken = Clock.GetTimestamp();
        Assert.Equal(true, await standby.QueryAsync("SELECT pg_promote()"));
        await FollowAsync(standby.ConnectionString, before, broken, Short, immediately: false);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_term_whose_row_a_crash_took_is_waited_out_though_the_one_before_was_released(bool byItsHolder)
    {
        var lease = TimeSpan.FromSeconds(5);
        var (_, before) = await LeadAsync(lease, released: true);
        await DiskStandsStillAsync();
        var (_, lost) = await LeadAsync(lease, released: false, durable: false);
        var broken = Clock.GetTimestamp();
        _server.Kill();
        await _server.RestartAsync(keepData: true);
        Assert.Equal(before.Token, await _server.QueryAsync("SELECT token FROM election_terms"));
        await FollowAsync(_server.ConnectionString, lost, broken, lease, immediately: false, byItsHolder ? before.Candidate : null);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_term_is_on_disk_before_it_counts_where_another_would_not_be_outlasted_or_have_its_number(bool notByDefault)
    {
        if (notByDefault)
            await _server.QueryAsync("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$");
        var first = await LeadAsync(TimeSpan.FromSeconds(1), released: true);
        await DiskStandsStillAsync();
        var flushed = await FlushedAsync();
        await AcquireAsync(NewStore(_server.ConnectionString), () => new Candidacy("another", new CandidateId("node-1", "1"), TimeSpan.FromSeconds(1)));
        flushed = await GrewAsync(flushed, "a first term");
        var asLong = await LeadAsync(TimeSpan.FromSeconds(1), released: true, durable: false);
        Assert.Equal(flushed, await FlushedAsync());
        var longer = await LeadAsync(TimeSpan.FromSeconds(2), released: false, durable: false);
        flushed = await GrewAsync(flushed, "a longer lease");
        Assert.Equal(RenewAnswer.Renewed, await longer.Store.RenewAsync(longer.Term, TimeSpan.FromSeconds(3), CancellationToken.None));
        flushed = await GrewAsync(flushed, "a lease that was made longer");
        await longer.Store.ReleaseAsync(longer.Term, CancellationToken.None);
        Assert.Equal(flushed, await FlushedAsync());
        var ahead = Stands("node-1", TimeSpan.FromSeconds(1));
        ahead.SawToken(longer.Term.Token + 1_000_000_000_000);
        await AcquireAsync(NewStore(_server.ConnectionString), () => ahead);
        await GrewAsync(flushed, "a number that is ahead of the server's time");
        Assert.True(asLong.Term.Token > first.Term.Token);
    }

    /// <summary>
    /// The server writes what no commit waits for by a process of its own, which is stopped: a crash takes all of it then.
    /// </summary>
    private async Task DiskStandsStillAsync() => Signal.Send(_stopped = await PidOfAsync("walwriter"), Signal.Stop);

    private async Task<string> FlushedAsync() => (string)(await _server.QueryAsync("SELECT pg_current_wal_flush_lsn()::text"))!;

    private async Task<string> GrewAsync(string before, string what)
    {
        var now = await FlushedAsync();
        Assert.False(before == now, $"{what} waits for no disk");
        return now;
    }

    private async Task<int> PidOfAsync(string process) =>
        (int)(await _server.QueryAsync($"SELECT pid FROM pg_stat_activity WHERE backend_type = '{process}'"))!;

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
    private static TimeSpan LeaseFor(bool immediately) => immediately ? TimeSpan.FromSeconds(25) : Short;

    /// <summary>A term and its release where there is one; as it comes, or on disk.</summary>
    private async Task<(PostgresStore Store, Term Term)> LeadAsync(TimeSpan lease, bool released, bool durable = true)
    {
        var store = NewStore(_server.ConnectionString);
        var term = (await AcquireAsync(store, () => Stands("node-1", lease))).Term;
        if (released)
            await store.ReleaseAsync(term, CancellationToken.None);
        if (!durable)
            return (store, term);
        await _server.QueryAsync("CHECKPOINT");
        await _server.QueryAsync("SELECT pg_switch_wal()");
        return (store, term);
    }

    private async Task FollowAsync(string server, Term before, long broken, TimeSpan lease, bool immediately, CandidateId? candidate = null)
    {
        var next = await AcquireAsync(NewStore(server), () => candidate is { } own ? new Candidacy("recovery", own, lease) : Stands("node-2", lease));
        var waited = TimeSpan.FromSeconds((double)(next.AnchoredAt - broken) / Clock.TimestampFrequency);
        Assert.True(next.Term.Token > before.Token);
        Assert.True(immediately ? waited < lease : waited >= lease, $"taken {waited.TotalSeconds:0.000} s after the server broke off");
    }

    private PostgresStore NewStore(string server)
    {
        var store = new PostgresStore(server, Clock);
        _disposed.Add(store);
        return store;
    }

    private static Candidacy Stands(string node, TimeSpan lease) => new("recovery", new CandidateId(node, Guid.NewGuid().ToString("N")), lease);

    /// <summary>As a candidate does: tries again while the server is not there.</summary>
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
