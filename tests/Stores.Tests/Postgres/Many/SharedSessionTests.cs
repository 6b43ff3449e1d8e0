using AspireElection.Stores.Postgres.Many;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;
using Xunit.Abstractions;

namespace AspireElection.Stores.Tests.Postgres.Many;

/// <summary>Sessions that hold the seats of many elections: what they cost, and what the elections share and what not.</summary>
[Collection(SharedSessionsPostgres.Name)]
public sealed class SharedSessionTests(PostgresServer server, ITestOutputHelper output) : SharedFacts(server)
{
    [Fact]
    public async Task Two_sessions_hold_the_seats_of_a_hundred_elections()
    {
        var (store, elections) = (NewShared(), Elections(100));
        var grants = await AcquireAll(store, elections, "node-1");
        Assert.Equal(2, (await HoldersOf(elections)).Length);
        Assert.All((await RenewAll(store, grants)).Values, a => Assert.Equal(RenewAnswer.Renewed, a));
    }

    [Fact]
    public async Task A_renewal_is_answered_by_a_heartbeat_that_was_sent_after_it()
    {
        var orders = new SessionOrders(LongLease);
        var (one, two) = (SeatOf("one"), SeatOf("two"));
        var first = orders.Renew(one, LongLease, 1)!;
        var together = orders.Renew(two, LongLease, 1)!;
        var sent = orders.NextBeat()!;
        var later = orders.Renew(two, LongLease, 1)!;
        sent.SetResult(RenewAnswer.Renewed);
        Assert.Equal(RenewAnswer.Renewed, await first.WaitAsync(Bound));
        Assert.Equal(RenewAnswer.Renewed, await together.WaitAsync(Bound));
        Assert.False(later.IsCompleted, "a heartbeat that was under way renewed a seat that had not asked");
        Assert.Same(later, orders.NextBeat()!.Task);
        Assert.Null(orders.NextBeat());
    }

    [Fact]
    public async Task The_loss_of_a_session_is_noticed_at_once_and_confined_to_its_elections()
    {
        var (store, elections) = (NewShared(), Elections(40));
        var grants = await AcquireAll(store, elections, "node-1");
        var ended = (await HoldersOf(elections))[0];
        var lost = elections.Where(e => HoldersOf([e]).GetAwaiter().GetResult()[0] == ended).ToHashSet();
        Assert.InRange(lost.Count, 1, 39);
        var before = Clock.GetTimestamp();
        await AskAsync<bool>("SELECT pg_terminate_backend($1)", ended);
        await Until(() => Task.FromResult(Doubted.Count == lost.Count), "the terms of the session are in doubt");
        output.WriteLine($"noticed within {(Doubted.Values.Max() - before) * 1000.0 / Clock.TimestampFrequency:0.0} ms");
        foreach (var (election, answer) in await RenewAll(store, grants))
            Assert.Equal(lost.Contains(election) ? RenewAnswer.Lost : RenewAnswer.Renewed, answer);
        Assert.All(Doubted.Keys, d => Assert.Contains(d.Split(' ')[0], lost));

        // The session is opened anew, and its seats can be taken again.
        var again = await AcquireAll(store, lost, "node-1");
        Assert.All((await RenewAll(store, again)).Values, a => Assert.Equal(RenewAnswer.Renewed, a));
        Assert.Equal(2, (await HoldersOf(elections)).Length);
    }

    [Fact]
    public async Task An_election_that_nobody_renews_runs_out_though_its_session_lives_on_with_another()
    {
        var attempt = 1;
        while (!await RunsOut($"{Election}-{attempt}"))
            Assert.True(attempt++ < 5, "the machine is too busy for this lease");
    }

    /// <returns>False when the test itself was held up, so that the other leader was silent as well.</returns>
    private async Task<bool> RunsOut(string election)
    {
        var lease = TimeSpan.FromSeconds(1.5);
        var (one, two) = (NewShared(1), NewShared(1));
        var silent = await Acquire(one, StandFor(election, "silent", lease));
        var other = await Acquire(one, StandFor($"{election}-other", "other", lease));
        var waiting = Acquire(two, StandFor(election, "next", lease));
        var renewed = other.AnchoredAt;
        using var cadence = new PeriodicTimer(lease / 8, Clock);
        while (!waiting.IsCompleted && await cadence.WaitForNextTickAsync())
        {
            var sent = Clock.GetTimestamp();
            var answer = await Renew(one, other, lease);
            if (Since(renewed) > lease * 0.9)
                return false;
            Assert.Equal(RenewAnswer.Renewed, answer);
            renewed = sent;
        }

        var next = await waiting;
        Assert.True(next.AnchoredAt >= silent.AnchoredAt + lease.ToTicksOf(Clock), "taken while its leader still trusted in it");
        Assert.True(Doubted.ContainsKey($"{election} silent"));
        Assert.Equal(RenewAnswer.Lost, await Renew(one, silent, lease));
        return true;
    }

    [Fact]
    public async Task Locks_never_stack_so_that_one_release_frees_a_seat()
    {
        var (one, two) = (NewShared(1), NewShared(1));
        for (var round = 0; round < 5; round++)
        {
            // Several campaigns of one process for one seat: at the server they are one session.
            var rivals = Enumerable.Range(0, 4).Select(n => Acquire(one, StandFor(Election, $"node-{n}"))).ToList();
            var first = await Task.WhenAny(rivals);
            for (var left = 3; left > 0; left--)
            {
                Assert.Equal(1, rivals.Count(r => r.IsCompleted));
                await one.ReleaseAsync((await first).Term, CancellationToken.None);
                rivals.Remove(first);
                first = await Task.WhenAny(rivals).WaitAsync(Bound);
            }

            await one.ReleaseAsync((await first).Term, CancellationToken.None);
            var foreign = await Acquire(two, StandFor(Election, "foreign"));
            Assert.Equal(RenewAnswer.Renewed, await Renew(two, foreign));
            await two.ReleaseAsync(foreign.Term, CancellationToken.None);
        }
    }

    [Fact]
    public async Task A_row_that_somebody_keeps_locked_holds_up_its_own_election_only()
    {
        var store = NewShared(1);
        var elections = Elections(10);
        foreach (var grant in await AcquireAll(store, elections, "node-0"))
            await store.ReleaseAsync(grant.Term, CancellationToken.None);
        await using var connection = await Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var keep = connection.CreateCommand();
        keep.CommandText = $"SELECT token FROM election_terms WHERE election = '{elections[0]}' FOR UPDATE";
        await keep.ExecuteScalarAsync();
        var held = Acquire(store, StandFor(elections[0], "node-1"));
        var grants = await AcquireAll(store, elections.Skip(1), "node-1");
        Assert.All((await RenewAll(store, grants)).Values, a => Assert.Equal(RenewAnswer.Renewed, a));
        Assert.False(held.IsCompleted, "it took a term whose row was locked");
        await transaction.RollbackAsync();
        await held;
    }

    [Fact]
    public async Task A_row_that_somebody_keeps_locked_holds_back_the_release_of_no_other_seat()
    {
        var (one, two, elections) = (NewShared(1), NewShared(1), Elections(10));
        var grants = await AcquireAll(one, elections, "node-1");
        var waiting = elections.Select(e => Acquire(two, StandFor(e, "node-2"))).ToArray();
        await UntilRegistered(elections);
        await using var connection = await Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var keep = connection.CreateCommand();
        keep.CommandText = $"SELECT token FROM election_terms WHERE election = '{elections[0]}' FOR UPDATE";
        await keep.ExecuteScalarAsync();
        await Task.WhenAll(grants.Select(g => one.ReleaseAsync(g.Term, CancellationToken.None).AsTask()));
        await Task.WhenAll(waiting.Skip(1)).WaitAsync(TimeSpan.FromSeconds(10));
        Assert.False(waiting[0].IsCompleted, "it took a term whose row was locked");
        await transaction.RollbackAsync();
        await waiting[0];
    }

    private SharedSeat SeatOf(string election)
    {
        var candidacy = StandFor(election, "node-1");
        return new SharedSeat(candidacy, 0, new Term(election, candidacy.Id, 1), 0, null!);
    }
}
