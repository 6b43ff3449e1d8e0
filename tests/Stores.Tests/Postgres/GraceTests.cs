using AspireElection.Stores.Postgres;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Workers;
using Npgsql;

namespace AspireElection.Stores.Tests.Postgres;

/// <summary>Waiters that are dead or frozen, as processes of their own, ahead of a live one.</summary>
[Collection(SharedPostgres.Name)]
public sealed class GraceTests(PostgresServer server) : PostgresFacts(server)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Dead_waiters_leave_the_line_and_frozen_ones_cost_a_grace_each_and_not_a_lease()
    {
        var store = NewStore();
        var leader = await Acquire(store, Stand("leader"));
        await using var one = Worker("frozen-1");
        await using var two = Worker("frozen-2");
        await using var three = Worker("dead");
        await UntilWaiting(3);

        // Within the time of a check of the connection, far below that after which a waiter queues again.
        var killed = Clock.GetTimestamp();
        Signal.Send(three.Id, Signal.Kill);
        await UntilWaiting(2);
        Assert.True(Since(killed) < TimeSpan.FromSeconds(6), $"it was in line for {Since(killed).TotalSeconds:0.0} s after its death");

        Signal.Send(one.Id, Signal.Stop);
        Signal.Send(two.Id, Signal.Stop);
        var waiting = Acquire(store, Stand("alive"));
        await UntilWaiting(3);
        var released = Clock.GetTimestamp();
        await store.ReleaseAsync(leader.Term, CancellationToken.None);
        var next = await waiting;
        Assert.Equal("alive", next.Term.Candidate.NodeId);
        Assert.InRange(Since(released).TotalMilliseconds, 480, 5000);

        // Who missed its turn stands again, and is granted the next.
        Signal.Send(one.Id, Signal.Continue);
        Signal.Send(two.Id, Signal.Continue);
        await UntilWaiting(2);
        await store.ReleaseAsync(next.Term, CancellationToken.None);
        await Until(() => Task.FromResult(one.BecameLeader || two.BecameLeader), "one that missed its turn leads");
    }

    [Fact]
    public async Task A_better_waiter_that_never_takes_its_turn_is_let_ahead_once()
    {
        var store = NewStore();
        var leader = await Acquire(store, Stand("leader"));
        var waiting = Acquire(store, Stand("alive"));
        await UntilWaiting(1);
        await using var other = await Source.OpenConnectionAsync();
        var turn = LineUpAsync(other, "AspireElection 9 other");
        await UntilWaiting(2);
        await store.ReleaseAsync(leader.Term, CancellationToken.None);
        await turn.WaitAsync(Bound);
        await UntilWaiting(1);
        turn = PassAsync(other);
        var next = await waiting;
        Assert.Equal("alive", next.Term.Candidate.NodeId);
        await UntilWaiting(1);
        await store.ReleaseAsync(next.Term, CancellationToken.None);
        await turn.WaitAsync(Bound);
        // It was granted the lock before and after the one term, and no term was written for having stepped back.
        Assert.Equal("alive", await AskAsync<string>("SELECT node_id FROM election_terms WHERE election = $1", Election));
    }

    [Fact]
    public async Task A_better_waiter_is_let_ahead_again_in_the_next_turn()
    {
        var store = NewStore();
        var leader = await Acquire(store, Stand("leader"));
        var low = Acquire(store, Stand("low"));
        await UntilWaiting(1);
        await using var best = await Source.OpenConnectionAsync();
        var turn = LineUpAsync(best, "AspireElection 9 best");
        await UntilWaiting(2);
        await using var other = await Source.OpenConnectionAsync();
        var held = LineUpAsync(other, "somebody");
        await UntilWaiting(3);
        await store.ReleaseAsync(leader.Term, CancellationToken.None);
        // The low one has let the best one ahead, which has its term and stands again behind it.
        await turn.WaitAsync(Bound);
        await UntilWaiting(2);
        await RunAsync(best, $"SELECT pg_advisory_unlock({Key})");
        await held.WaitAsync(Bound);
        await AskAsync<long>("UPDATE election_terms SET token = token + 1 WHERE election = $1 RETURNING token", Election);
        turn = LineUpAsync(best, "AspireElection 9 best");
        await UntilWaiting(2);
        await RunAsync(other, $"SELECT pg_advisory_unlock({Key})");
        await turn.WaitAsync(Bound);
        Assert.False(low.IsCompleted);
    }

    [Fact]
    [Trait("Run", "all")]
    public async Task A_waiter_queues_again_after_ten_seconds_so_that_it_does_not_hold_back_vacuum()
    {
        const string Oldest = "SELECT coalesce(max(age(backend_xmin)), 0) FROM pg_stat_activity WHERE application_name = 'AspireElection 0 waiter'";
        var store = NewStore();
        var leader = await Acquire(store, Stand("leader"));
        var waiting = Acquire(store, Stand("waiter"));
        await UntilWaiting(1);
        await AskAsync<object>("CREATE TABLE IF NOT EXISTS grace_tests (id int); SELECT 1");
        for (var write = 0; write < 50; write++)
            await AskAsync<object>("INSERT INTO grace_tests VALUES (1) RETURNING id");
        Assert.True(await AskAsync<int>(Oldest) >= 50);
        await Until(async () => await AskAsync<int>(Oldest) < 50 && await CountWaitingAsync() == 1, "it queued again");
        await store.ReleaseAsync(leader.Term, CancellationToken.None);
        await waiting;
    }

    [Fact]
    public async Task Locks_that_stacked_in_a_session_are_all_given_back()
    {
        var candidacy = Stand("node-1");
        await using var session = await OpenAsync(candidacy);
        for (var time = 0; time < 3; time++)
            Assert.True(await session.LineUpAsync());
        await session.StepBackAsync();
        Assert.Equal(0, await CountLocksAsync());
        for (var time = 0; time < 3; time++)
            Assert.True(await session.LineUpAsync());
        Assert.Equal(1, await CountLocksAsync());
        await session.GiveBackAsync(new Term(Election, candidacy.Id, 1));
        Assert.Equal(0, await CountLocksAsync());
    }

    [Fact]
    public async Task A_table_that_somebody_keeps_locked_does_not_keep_a_seat_that_is_given_back()
    {
        var store = NewStore();
        var leader = await Acquire(store, Stand("leader"));
        var waiting = Acquire(store, Stand("waiter"));
        await UntilWaiting(1);
        await using var connection = await Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await RunAsync(connection, "LOCK TABLE election_terms IN ACCESS EXCLUSIVE MODE");
        var released = store.ReleaseAsync(leader.Term, CancellationToken.None).AsTask();
        await Until(async () => await CountWaitingAsync() == 0, "the next in line was granted the lock");
        Assert.False(waiting.IsCompleted, "it took a term whose table was locked");
        await transaction.RollbackAsync();
        await released;
        await waiting;
    }

    [Fact]
    public async Task A_term_that_is_given_back_is_marked_for_who_comes_later()
    {
        var store = NewStore();
        var leader = await Acquire(store, Stand("leader"));
        await store.ReleaseAsync(leader.Term, CancellationToken.None);
        Assert.True((await Acquire(store, Stand("later"))).GivenBack);
    }

    [Fact]
    public async Task The_next_in_line_is_told_that_a_term_was_given_back_before_that_is_marked()
    {
        var leader = Stand("leader");
        await using var session = await OpenAsync(leader);
        Assert.True(await session.LineUpAsync());
        var taken = Assert.IsType<TermAnswer.Taken>(await session.Term.TakeAsync(0, 0, 0, [], 0));
        var waiting = Acquire(NewStore(), Stand("waiter"));
        await UntilWaiting(1);
        var term = new Term(Election, leader.Id, taken.Token);
        await session.GiveBackAsync(term);
        var next = await waiting;
        Assert.True(next.GivenBack);
        // A mark that comes late says nothing of the term that has begun.
        await session.MarkAsync(term);
        Assert.Equal(0L, await AskAsync<long>("SELECT released_token FROM election_terms WHERE token = $1", next.Term.Token));
    }

    [Fact]
    public async Task A_rehearsal_leaves_no_row()
    {
        var store = NewStore();
        await Acquire(store, Stand("leader"));
        _ = Acquire(store, Stand("waiter"));
        await UntilWaiting(1);
        Assert.Equal(0L, await AskAsync<long>("SELECT count(*) FROM election_terms WHERE election LIKE 'AspireElection rehearsal%'"));
    }

    private PostgresErrors Errors => new(Server.ConnectionString);

    private async Task<LockSession> OpenAsync(Candidacy candidacy)
    {
        await MakeTablesAsync();
        var settings = new ConnectionSettings(Source);
        return await LockSession.OpenAsync(settings, new PoolerCheck(settings, Errors, false), Errors, candidacy, null, CancellationToken.None);
    }

    private long Key => SeatKey.Of(Election);

    /// <summary>A waiter that never takes a term, known to others as <paramref name="name"/>.</summary>
    private Task LineUpAsync(NpgsqlConnection other, string name) =>
        RunAsync(other, $"SET application_name = '{name}'; SELECT pg_advisory_lock({Key})");

    private Task PassAsync(NpgsqlConnection other) => RunAsync(other, $"SELECT pg_advisory_unlock({Key}); SELECT pg_advisory_lock({Key})");

    private static async Task RunAsync(NpgsqlConnection other, string sql)
    {
        await using var command = other.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    private WorkerProcess Worker(string node) => new(
        $"--node-id {node} --lock-name {Election} --lease-duration {Lease.TotalSeconds}s", $"ConnectionStrings__postgres={Server.ConnectionString}");

    private Task<long> CountLocksAsync() => AskAsync<long>(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND (classid::bigint << 32 | objid::bigint) = $1", Key);
}
