using AspireElection.Faults.Harness;
using AspireElection.Fencing;
using AspireElection.Stores.Tests.Servers;
using Npgsql;

namespace AspireElection.Stores.Tests.Postgres;

/// <summary>Transactions that only the newest leader can have.</summary>
[Collection(SharedPostgres.Name)]
public sealed class FencedTransactionTests(PostgresServer server) : PostgresFacts(server)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task An_older_term_is_refused_and_so_is_an_equal_token_of_another_holder()
    {
        await CommitAsync(TermOf("node-1", 6));
        await CommitAsync(TermOf("node-1", 6));
        await Assert.ThrowsAsync<StaleTermException>(() => CommitAsync(TermOf("node-1", 5)));
        await Assert.ThrowsAsync<StaleTermException>(() => CommitAsync(TermOf("node-2", 6)));
        await CommitAsync(TermOf("node-2", 7));
        await Assert.ThrowsAsync<StaleTermException>(() => CommitAsync(TermOf("node-1", 6)));
        Assert.Equal(7, await AskAsync<long>("SELECT token FROM election_fence WHERE election = $1", Election));
    }

    [Fact]
    public async Task What_was_not_committed_is_undone_and_fences_nobody()
    {
        await CommitAsync(TermOf("node-1", 5));
        await using (await BeginAsync(TermOf("node-2", 9)))
        {
            // Disposed without a commit.
        }

        await CommitAsync(TermOf("node-1", 5));
    }

    [Fact]
    public async Task Many_first_transactions_at_once_create_the_table_once()
    {
        await AskAsync<object>("DROP TABLE IF EXISTS election_fence; SELECT 1");
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => CommitAsync(TermOf("node-1", 5))));
    }

    [Fact]
    public async Task A_silent_predecessor_does_not_hang_the_next_leader()
    {
        var lease = TimeSpan.FromMilliseconds(500);
        await CommitAsync(TermOf("node-0", 4));
        var frozen = await BeginAsync(TermOf("node-1", 5), lease);
        await CommitAsync(TermOf("node-2", 6), lease);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => frozen.CommitAsync());
        await frozen.DisposeAsync();
        Assert.Equal(6, await AskAsync<long>("SELECT token FROM election_fence WHERE election = $1", Election));
    }

    [Fact]
    public async Task A_predecessor_whose_statement_runs_on_is_waited_for_no_longer_than_promised()
    {
        var lease = TimeSpan.FromMilliseconds(300);
        await CommitAsync(TermOf("node-0", 4));
        await using var running = await BeginAsync(TermOf("node-1", 5), lease);
        await using var sleep = new NpgsqlCommand("SELECT pg_sleep(60)", running.Connection);
        using var ending = new CancellationTokenSource();
        var work = sleep.ExecuteNonQueryAsync(ending.Token);
        var before = Clock.GetTimestamp();
        var refused = await Assert.ThrowsAsync<PostgresException>(() => BeginAsync(TermOf("node-2", 6), lease));
        Assert.Equal(PostgresErrorCodes.LockNotAvailable, refused.SqlState);
        Assert.InRange(Since(before), lease * 2, TimeSpan.FromSeconds(8));
        await ending.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work);
    }

    [Fact]
    public async Task A_predecessor_that_is_gone_does_not_go_on_running_its_statement()
    {
        await using var line = new TcpProxy(Server.Port);
        await using var cut = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(Server.ConnectionString) { Port = line.Port }.ConnectionString);
        await CommitAsync(TermOf("node-0", 4));
        await using var running = await PostgresFencedTransaction.BeginAsync(cut, TermOf("node-1", 5), Lease);
        await using var sleep = new NpgsqlCommand("SELECT pg_sleep(60)", running.Connection);
        var work = sleep.ExecuteNonQueryAsync();
        await Until(async () => await AskAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == 1, "its statement runs");
        var next = CommitAsync(TermOf("node-2", 6));
        line.Cut();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => work);
        // Far sooner than its lease, after which only an idle one is ended.
        await next;
    }

    [Fact]
    public async Task Its_limits_are_those_of_the_transaction_and_not_of_the_pool()
    {
        var settings = new NpgsqlConnectionStringBuilder(Server.ConnectionString) { NoResetOnClose = true, MaxPoolSize = 1 };
        await using var source = NpgsqlDataSource.Create(settings.ConnectionString);
        const string Show = "SELECT current_setting('idle_in_transaction_session_timeout') || ' ' || current_setting('lock_timeout')";
        await using (var fenced = await PostgresFencedTransaction.BeginAsync(source, TermOf("node-1", 5), TimeSpan.FromSeconds(2)))
        {
            await using var inside = new NpgsqlCommand(Show, fenced.Connection);
            Assert.Equal("2s 5s", await inside.ExecuteScalarAsync());
            await fenced.CommitAsync();
        }

        await using var after = source.CreateCommand(Show);
        Assert.Equal("0 0", await after.ExecuteScalarAsync());
    }

    private Term TermOf(string node, long token) => new(Election, new CandidateId(node, "mine"), token);

    private Task<PostgresFencedTransaction> BeginAsync(Term term, TimeSpan? lease = null) =>
        PostgresFencedTransaction.BeginAsync(Source, term, lease ?? Lease).WaitAsync(Bound);

    private async Task CommitAsync(Term term, TimeSpan? lease = null)
    {
        await using var fenced = await BeginAsync(term, lease);
        await fenced.CommitAsync();
    }
}
