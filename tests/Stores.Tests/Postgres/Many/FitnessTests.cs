using AspireElection.Hosting;
using AspireElection.Stores.Postgres;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace AspireElection.Stores.Tests.Postgres.Many;

/// <summary>Where shared sessions are refused, where they wait, and how a host asks for them.</summary>
[Collection(SharedSessionsPostgres.Name)]
public sealed class FitnessTests(PostgresServer server) : SharedFacts(server)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Run", "all")]
    public async Task After_a_restart_of_the_server_unreleased_terms_are_waited_out_and_after_a_crash_any(bool killed)
    {
        var lease = TimeSpan.FromSeconds(4);
        await using var own = new PostgresServer();
        await own.StartAsync();
        var one = NewShared(1, own.ConnectionString);
        var held = await Acquire(one, StandFor("held", "node-1", lease));
        var released = await Acquire(one, StandFor("released", "node-1", lease));
        await one.ReleaseAsync(released.Term, CancellationToken.None);
        // The mark of a release is not durable: a later commit is.
        await one.WriteAsync(held.Term, "key", "value", CancellationToken.None);
        if (killed)
            own.Kill();
        await own.RestartAsync(keepData: true);
        var two = NewShared(1, own.ConnectionString);
        var (waiting, free) = (Acquire(two, StandFor("held", "node-2", lease)), Acquire(two, StandFor("released", "node-2", lease)));
        var freeAt = (await free).AnchoredAt;
        Assert.True(killed == (freeAt >= held.AnchoredAt + lease.ToTicksOf(Clock)), "a released term was waited out after a restart, or not after a crash");
        Assert.True((await waiting).AnchoredAt >= held.AnchoredAt + lease.ToTicksOf(Clock), "taken while its leader may still trust in it");
        Assert.True((await waiting).Term.Token > held.Term.Token);
        await two.DisposeAsync();
        await one.DisposeAsync();
    }

    [Fact]
    public async Task Who_waited_waits_out_a_term_that_the_store_has_lost_from_the_moment_its_wait_broke_off()
    {
        var lease = TimeSpan.FromSeconds(2);
        var (one, two) = (NewShared(), NewShared());
        var held = await Acquire(one, Stand("node-1"));
        // It was last told of a leader some time ago, who has gone on renewing since.
        var told = new Sighting(new Leader("node-1", held.Term.Candidate.Incarnation, null, held.Term.Token, DateTimeOffset.UnixEpoch), Clock.GetTimestamp());
        var waiting = Acquire(two, Knowing());
        await UntilRegistered([Election]);
        var broken = Clock.GetTimestamp();
        await Server.QueryAsync("""
            DROP TABLE election_terms, election_marker, node_records, election_ledger, election_ledger_fence, election_log, election_waiters;
            SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
            """);
        Grant? next = null;
        await Until(async () =>
        {
            try
            {
                next = await waiting;
                return true;
            }
            catch (StoreUnavailableException)
            {
                // As a candidate does: it stands anew.
                waiting = Acquire(two, Knowing());
                return false;
            }
        }, "it is granted the seat");
        Assert.True(next!.AnchoredAt >= broken + lease.ToTicksOf(Clock), $"taken {(next.AnchoredAt - broken) * 1000.0 / Clock.TimestampFrequency:0} ms after the break");

        Candidacy Knowing()
        {
            var candidacy = Stand("node-2", lease);
            candidacy.Saw(told);
            return candidacy;
        }
    }

    [Fact]
    public async Task A_pooler_is_refused_unless_it_is_declared()
    {
        await using var pooler = await PgBouncer.StartAsync(Server, "transaction");
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => Acquire(NewShared(2, pooler.ConnectionString), Stand("node-1")));
        Assert.Contains("a pooler is in between", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_reached_is_said_to_be_so_to_all_who_wait()
    {
        var nowhere = new NpgsqlConnectionStringBuilder(Server.ConnectionString) { Port = 1 }.ConnectionString;
        var store = NewShared(2, nowhere);
        foreach (var election in Elections(3))
            Assert.Contains("not reached", (await Assert.ThrowsAsync<StoreUnavailableException>(() => Acquire(store, StandFor(election, "node-1")))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_waits_when_the_server_goes_away_is_told()
    {
        var line = NewLine();
        var (one, two) = (NewShared(), NewShared(2, line.ConnectionString));
        await Acquire(one, Stand("node-1"));
        var waiting = Acquire(two, Stand("node-2"));
        await UntilRegistered([Election]);
        line.Kill();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => waiting);
    }

    [Fact]
    public async Task Elections_of_one_host_share_a_store_where_they_share_sessions_and_only_there()
    {
        var services = new ServiceCollection();
        services.AddElection("one").UsePostgres(Source, lockSessions: 2);
        services.AddElection("two").UsePostgres(Source, lockSessions: 2);
        services.AddElection("three").UsePostgres(Source);
        await using var provider = services.BuildServiceProvider();
        var stores = ((string[])["one", "two", "three"]).Select(e => (PostgresStore)provider.GetRequiredKeyedService<IElectionStore>(e)).ToList();
        Assert.Same(stores[0], stores[1]);
        Assert.NotSame(stores[0], stores[2]);
        Assert.Equal([2, 2, 0], stores.Select(s => s.LockSessions));
        var held = await Task.WhenAll(Acquire(stores[0], Stand("node-1")), Acquire(stores[1], StandFor($"{Election}-two", "node-1")));
        Assert.All((await RenewAll(stores[0], held)).Values, a => Assert.Equal(RenewAnswer.Renewed, a));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(65)]
    public void Numbers_of_sessions_that_cannot_be_are_refused(int sessions)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => NewShared(sessions));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ServiceCollection().AddElection("one").UsePostgres(Source, sessions));
    }
}
