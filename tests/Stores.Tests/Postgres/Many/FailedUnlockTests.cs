using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;
using Npgsql;

namespace AspireElection.Stores.Tests.Postgres.Many;

/// <summary>
/// A lock that the server does not take back, while its session lives with those of others. Made by a user who loses the right to
/// unlock: that fails as a cancelled statement or one that runs out of time does, but for as long as a test wants it to.
/// </summary>
[Collection(SharedSessionsPostgres.Name)]
public sealed class FailedUnlockTests(PostgresServer server) : SharedFacts(server)
{
    private const string Function = "EXECUTE ON FUNCTION pg_advisory_unlock(bigint)";

    private readonly string _name = $"unlock_{Guid.NewGuid():N}";

    public override async Task InitializeAsync()
    {
        await ExecuteAsync(Server.ConnectionString, $"CREATE ROLE {_name} LOGIN PASSWORD '{_name}'");
        await ExecuteAsync(Server.ConnectionString, $"CREATE DATABASE {_name}");
        await ExecuteAsync(AsOwner(), $"GRANT CREATE ON SCHEMA public TO {_name}; REVOKE {Function} FROM PUBLIC; GRANT {Function} TO {_name}");
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await ExecuteAsync(Server.ConnectionString, $"DROP DATABASE {_name} WITH (FORCE)");
        await ExecuteAsync(Server.ConnectionString, $"DROP ROLE {_name}");
    }

    [Fact]
    public async Task It_is_given_back_later_and_the_others_on_the_session_keep_their_terms()
    {
        var store = NewShared(1, AsRole());
        var (leaves, stays) = ($"{Election}-leaves", $"{Election}-stays");
        var grants = await AcquireAll(store, [leaves, stays], "node-1");
        var holder = Assert.Single(await HoldersOf([leaves, stays]));
        // Open before: after a second of failures the session is given up.
        await using var owner = NpgsqlDataSource.Create(AsOwner());
        await using var connection = await owner.OpenConnectionAsync();
        await ExecuteAsync(connection, $"REVOKE {Function} FROM {_name}");
        var releasing = store.ReleaseAsync(grants[0].Term, CancellationToken.None).AsTask();
        // Each is answered in a turn of its own: between them the session has tried to unlock.
        for (var turn = 0; turn < 3; turn++)
            Assert.Equal(RenewAnswer.Renewed, await Renew(store, grants[1], LongLease));
        Assert.False(releasing.IsCompleted, "the lock is said to be free and is not");
        await ExecuteAsync(connection, $"GRANT {Function} TO {_name}");
        await releasing.WaitAsync(Bound);
        Assert.Empty(await HoldersOf([leaves]));
        Assert.Equal([holder], await HoldersOf([stays]));
        Assert.Equal(RenewAnswer.Renewed, await Renew(store, grants[1], LongLease));
        Assert.Empty(Doubted);
        // The lock was not taken twice meanwhile.
        var again = await Acquire(store, StandFor(leaves, "node-1"));
        await store.ReleaseAsync(again.Term, CancellationToken.None);
        Assert.Empty(await HoldersOf([leaves]));
    }

    [Fact]
    public async Task A_session_that_is_given_up_frees_no_lock_while_its_leaders_may_trust_in_it()
    {
        var lease = TimeSpan.FromSeconds(2);
        var (one, two) = (NewShared(1, AsRole()), NewShared(1, AsOwner()));
        var (leaves, stays) = ($"{Election}-leaves", $"{Election}-stays");
        var grants = await AcquireAll(one, [leaves, stays], "node-1", lease);
        var waiting = Acquire(two, StandFor(stays, "node-2", lease));
        await ExecuteAsync(AsOwner(), $"REVOKE {Function} FROM {_name}");
        _ = one.ReleaseAsync(grants[0].Term, CancellationToken.None).AsTask();
        var (sent, renewed) = (grants[1].AnchoredAt, grants[1].AnchoredAt);
        using var cadence = new PeriodicTimer(lease / 8, Clock);
        // For ever would be too long for whoever waits for the other seat.
        for (var end = Clock.After(Bound); await cadence.WaitForNextTickAsync();)
        {
            sent = Clock.GetTimestamp();
            Assert.True(sent < end, "the session is never given up");
            if (await Renew(one, grants[1], lease) == RenewAnswer.Lost)
                break;
            renewed = sent;
        }

        var next = await waiting;
        Assert.True(next.AnchoredAt >= renewed + lease.ToTicksOf(Clock), "taken while its leader may have trusted in it");
    }

    private string AsOwner() => new NpgsqlConnectionStringBuilder(Server.ConnectionString) { Database = _name }.ConnectionString;

    private string AsRole() => new NpgsqlConnectionStringBuilder(AsOwner()) { Username = _name, Password = _name }.ConnectionString;

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var connection = await source.OpenConnectionAsync();
        await ExecuteAsync(connection, sql);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync().WaitAsync(Bound);
    }
}
