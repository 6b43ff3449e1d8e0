using AspireElection.Stores.Postgres;
using AspireElection.Stores.Postgres.Many;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;
using Npgsql;
using Xunit.Abstractions;

namespace AspireElection.Stores.Tests.Postgres.Many;

/// <summary>From the end of a process that held many seats to the next terms.</summary>
[Collection(SharedSessionsPostgres.Name)]
public sealed class TakeoverTests(PostgresServer server, ITestOutputHelper output) : SharedFacts(server)
{
    [Fact]
    public async Task Seats_of_a_session_that_an_administrator_ends_are_taken_over_at_once()
    {
        var (one, two, elections) = (NewShared(), NewShared(), Elections(50));
        await AcquireAll(one, elections, "node-1");
        var next = AcquireAll(two, elections, "node-2");
        await UntilRegistered(elections);
        await UntilWatched(elections);
        var before = Clock.GetTimestamp();
        await AskAsync<long>("SELECT count(pg_terminate_backend(pid)) FROM unnest($1::int[]) AS pid", await HoldersOf(elections));
        Print(before, await next);
        Assert.All((await RenewAll(two, await next)).Values, a => Assert.Equal(RenewAnswer.Renewed, a));
        Assert.Equal(50, Doubted.Keys.Count(d => d.EndsWith("node-1", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Seats_of_a_killed_process_are_taken_over_at_once_by_the_first_in_rank()
    {
        var process = NewLine();
        var (one, two, three, elections) = (NewShared(2, process.ConnectionString), NewShared(), NewShared(), Elections(50));
        await AcquireAll(one, elections, "node-1");
        var later = AcquireAll(three, elections, "node-3");
        await UntilRegistered(elections);
        var next = AcquireAll(two, elections, "node-2");
        await UntilRegistered(elections, 2);
        await UntilWatched(elections, 2);
        var before = Clock.GetTimestamp();
        process.Kill();
        var first = await Task.WhenAny(next, later);
        Assert.Same(next, first);
        Print(before, await next);
        Assert.False(later.IsCompleted);
    }

    [Fact]
    public async Task Seats_of_a_frozen_process_are_taken_over_after_the_lease_and_not_sooner()
    {
        var lease = TimeSpan.FromSeconds(2);
        var process = NewLine();
        var (one, two, elections) = (NewShared(2, process.ConnectionString), NewShared(), Elections(20));
        var grants = await AcquireAll(one, elections, "node-1", lease);
        var next = AcquireAll(two, elections, "node-2", lease);
        await UntilRegistered(elections);
        await UntilWatched(elections);
        Assert.All((await RenewAll(one, grants, lease)).Values, a => Assert.Equal(RenewAnswer.Renewed, a));
        var renewedBefore = Clock.GetTimestamp();
        // What is renewed by now is the earliest that a leader may count from.
        var sent = Clock.GetTimestamp();
        Assert.All((await RenewAll(one, grants, lease)).Values, a => Assert.Equal(RenewAnswer.Renewed, a));
        process.Freeze();
        var taken = await next;
        Assert.All(taken, t => Assert.True(t.AnchoredAt >= sent + lease.ToTicksOf(Clock), "taken while a leader still trusted in it"));
        Print(renewedBefore, taken);
        process.Continue();
        Assert.All((await RenewAll(one, grants, lease)).Values, a => Assert.Equal(RenewAnswer.Lost, a));
        Assert.All((await RenewAll(two, taken, lease)).Values, a => Assert.Equal(RenewAnswer.Renewed, a));
    }

    [Fact]
    public async Task Seats_are_looked_at_until_each_is_settled_though_the_presence_of_the_holder_ends_before_its_locks()
    {
        var elections = Elections(500);
        var store = NewShared();
        await MakeTablesAsync();
        // The server ends a session by letting go of one lock after the other: here very slowly.
        await using var holder = await Source.OpenConnectionAsync();
        var presence = await SessionPresence.TakeAsync(holder, CancellationToken.None);
        await RunAsync("SET application_name = 'AspireElection seats'");
        await RunAsync("SELECT count(pg_try_advisory_lock(key)) FROM unnest($1::bigint[]) AS key", Keys(elections));
        var next = elections.Select(e => Acquire(store, StandFor(e, "node-1"))).ToArray();
        await UntilRegistered(elections);
        await UntilWatched(elections);
        await RunAsync("SELECT pg_advisory_unlock($1, $2)", SessionPresence.Class, presence.Key);
        await RunAsync("SELECT count(pg_advisory_unlock(key)) FROM unnest($1::bigint[]) AS key", Keys(elections.Take(200)));
        await Task.WhenAll(next.Take(200));
        Assert.All(next.Skip(200), n => Assert.False(n.IsCompleted));
        var before = Clock.GetTimestamp();
        await RunAsync("SELECT count(pg_advisory_unlock(key)) FROM unnest($1::bigint[]) AS key", Keys(elections.Skip(200)));
        var grants = await Task.WhenAll(next);
        Print(before, grants[200..]);
        // A seat that was left to the poll would be taken seconds later.
        Assert.All(grants, g => Assert.True(g.AnchoredAt < before + TimeSpan.FromSeconds(2.5).ToTicksOf(Clock), "a seat was left to the poll"));

        async Task RunAsync(string sql, params object[] values)
        {
            await using var command = new NpgsqlCommand(sql, holder);
            foreach (var value in values)
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            await command.ExecuteNonQueryAsync();
        }
    }

    [Fact]
    public async Task Seats_of_more_sessions_than_are_watched_are_looked_at_now_and_then()
    {
        var elections = Elections(6);
        foreach (var election in elections)
            await Acquire(NewShared(1), StandFor(election, "node-1"));
        // One session of its own, so four watches; default retry period of two seconds.
        var next = AcquireAll(NewShared(1), elections, "node-2", TimeSpan.FromSeconds(10));
        await UntilRegistered(elections);
        await Until(async () => await AskAsync<long>("""
            SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
            WHERE locktype = 'advisory' AND NOT granted AND objsubid = 2 AND datname = current_database()
            """) == 4, "four are watched");
        var before = Clock.GetTimestamp();
        await AskAsync<long>("SELECT count(pg_terminate_backend(pid)) FROM unnest($1::int[]) AS pid", await HoldersOf(elections));
        Print(before, await next);
    }

    [Fact]
    public async Task A_program_that_holds_the_lock_of_a_seat_by_chance_is_named()
    {
        var store = NewShared();
        await MakeTablesAsync();
        await using var other = await Source.OpenConnectionAsync();
        await using var take = new NpgsqlCommand($"SET application_name = 'nightly report'; SELECT pg_advisory_lock({SeatKey.Of(Election)})", other);
        await take.ExecuteNonQueryAsync();
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => Acquire(store, Stand("node-1")));
        Assert.Contains("is held by another program (application 'nightly report')", refused.Message, StringComparison.Ordinal);
        await take.DisposeAsync();
        await using var give = new NpgsqlCommand($"SELECT pg_advisory_unlock({SeatKey.Of(Election)}); RESET application_name", other);
        await give.ExecuteNonQueryAsync();
        await Acquire(store, Stand("node-1"));
    }

    [Fact]
    [Trait("Run", "all")]
    public async Task Five_thousand_seats_of_a_killed_process_are_taken_over()
    {
        var line = NewLine();
        var (one, two, elections) = (NewShared(2, line.ConnectionString), NewShared(), Elections(5000));
        var begun = Clock.GetTimestamp();
        Print(begun, await AcquireAll(one, elections, "node-1"));
        var next = AcquireAll(two, elections, "node-2");
        await UntilRegistered(elections);
        await UntilWatched(elections);
        var before = Clock.GetTimestamp();
        line.Kill();
        Print(before, await next);
        Assert.All((await RenewAll(two, await next)).Values, a => Assert.Equal(RenewAnswer.Renewed, a));
        begun = Clock.GetTimestamp();
        await Task.WhenAll((await next).Select(g => two.ReleaseAsync(g.Term, CancellationToken.None).AsTask()));
        output.WriteLine($"released within {Since(begun).TotalMilliseconds:0} ms");
        Assert.Empty(await HoldersOf(elections));
    }

    [Fact]
    public async Task A_resign_of_one_election_wakes_the_best_and_touches_no_other()
    {
        var (one, two, elections) = (NewShared(), NewShared(), Elections(20));
        var grants = await AcquireAll(one, elections, "node-1");
        var waiting = elections.Select(e => Acquire(two, StandFor(e, "node-2"))).ToArray();
        await UntilRegistered(elections);
        await UntilWatched(elections);
        var times = new List<double>();
        for (var n = 0; n < 10; n++)
        {
            var before = Clock.GetTimestamp();
            await one.ReleaseAsync(grants[n].Term, CancellationToken.None);
            times.Add(Milliseconds(before, await waiting[n]));
        }

        output.WriteLine($"resign to next term: median {times.Order().ElementAt(5):0.0} ms, worst {times.Max():0.0} ms");
        Assert.All(waiting.Skip(10), w => Assert.False(w.IsCompleted));
        Assert.All((await RenewAll(one, grants.Skip(10))).Values, a => Assert.Equal(RenewAnswer.Renewed, a));
    }

    [Fact]
    public async Task Who_shares_sessions_and_who_does_not_exclude_each_other_both_ways()
    {
        var (plain, shared) = (NewStore(), NewShared());
        var first = await Acquire(plain, StandFor(Election, "plain"));
        var second = shared.AcquireAsync(StandFor(Election, "shared", TimeSpan.FromSeconds(2)), CancellationToken.None).AsTask();
        await UntilRegistered([Election]);
        Assert.Equal(RenewAnswer.Renewed, await Renew(plain, first));
        Assert.False(second.IsCompleted);
        await plain.ReleaseAsync(first.Term, CancellationToken.None);
        var held = await second.WaitAsync(Bound);
        Assert.True(held.Term.Token > first.Term.Token);
        var third = Acquire(plain, StandFor(Election, "plain"));
        await UntilWaiting(1);
        Assert.Equal(RenewAnswer.Renewed, await Renew(shared, held, TimeSpan.FromSeconds(2)));
        Assert.False(third.IsCompleted);
        var before = Clock.GetTimestamp();
        await shared.ReleaseAsync(held.Term, CancellationToken.None);
        output.WriteLine($"shared to plain: {Milliseconds(before, await third):0.0} ms");

        // A plain holder that is killed has no presence to wait for: it is looked at now and then.
        var fourth = Acquire(shared, StandFor(Election, "shared", TimeSpan.FromSeconds(2)));
        await UntilRegistered([Election]);
        await TerminateHolderAsync();
        Assert.True((await fourth).Term.Token > (await third).Term.Token);
    }

    private void Print(long before, IReadOnlyCollection<Grant> taken)
    {
        var times = taken.Select(t => Milliseconds(before, t)).Order().ToList();
        output.WriteLine($"{times.Count} terms taken: first after {times[0]:0.0} ms, median {times[times.Count / 2]:0.0} ms, last {times[^1]:0.0} ms");
    }

    private static double Milliseconds(long before, Grant grant) =>
        (grant.AnchoredAt - before) * 1000.0 / Clock.TimestampFrequency;
}
