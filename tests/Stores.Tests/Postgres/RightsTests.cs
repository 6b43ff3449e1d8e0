using AspireElection.Stores.Postgres;
using AspireElection.Stores.Tests.Servers;
using Npgsql;

namespace AspireElection.Stores.Tests.Postgres;

/// <summary>Users and databases that are not made for an election: what still works, and what people read where it does not.</summary>
[Collection(SharedPostgres.Name)]
public sealed class RightsTests(PostgresServer server) : PostgresFacts(server)
{
    private const string Secret = "role-password";

    private readonly string _name = $"rights_{Guid.NewGuid():N}";
    private readonly TimeSpan _lease = TimeSpan.FromSeconds(2);

    public override async Task InitializeAsync()
    {
        await ExecuteAsync(Server.ConnectionString, $"CREATE ROLE {_name} LOGIN PASSWORD '{Secret}'");
        await ExecuteAsync(Server.ConnectionString, $"CREATE DATABASE {_name}");
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await ExecuteAsync(Server.ConnectionString, $"DROP DATABASE IF EXISTS {_name} WITH (FORCE)");
        await ExecuteAsync(Server.ConnectionString, $"DROP ROLE IF EXISTS {_name}");
    }

    [Fact]
    public async Task A_user_who_may_not_create_tables_is_told_which_right_is_missing()
    {
        var refused = await Refused(NewStore(AsRole()));
        Assert.Contains("permission denied for schema public", refused, StringComparison.Ordinal);
        Assert.Contains("grant the user CREATE on the schema", refused, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rights_on_the_tables_alone_are_enough()
    {
        var owner = NewStore(AsOwner());
        await owner.ListAsync(Election, CancellationToken.None);
        Assert.Contains("permission denied for table", await Refused(NewStore(AsRole())), StringComparison.Ordinal);
        await ExecuteAsync(AsOwner(), $"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {_name}");
        var store = NewStore(AsRole());
        var grant = await Acquire(store, Stand("node-1"));
        Assert.Equal(RenewAnswer.Renewed, await Renew(store, grant, TimeSpan.FromSeconds(90)));
        await store.HeartbeatAsync(new Member(Election, grant.Term.Candidate, Role.Leader, 0, null, grant.Term.Token), CancellationToken.None);
        await store.WriteAsync(grant.Term, "key", "value", CancellationToken.None);
        await store.AppendAsync(grant.Term, "log", "entry", 1, CancellationToken.None);
        await store.AppendAsync(grant.Term, "log", "entry", 1, CancellationToken.None);
        await foreach (var sighting in store.ObserveAsync(Election, CancellationToken.None))
        {
            Assert.Equal("node-1", sighting.Leader?.NodeId);
            break;
        }

        Assert.Equal(1, await store.RemoveStaleAsync(Election, TimeSpan.Zero, CancellationToken.None));
        // A better candidate of another user is seen by this one's successor all the same.
        var next = Acquire(store, Stand("node-2"));
        await Until(async () => await CountWaitingOfAsync() == 1, "one waits");
        var better = Acquire(owner, Stand("node-3", priority: 5));
        await Until(async () => await CountWaitingOfAsync() == 2, "two wait");
        await store.ReleaseAsync(grant.Term, CancellationToken.None);
        Assert.Equal("node-3", (await better).Term.Candidate.NodeId);
        Assert.False(next.IsCompleted);
    }

    [Theory]
    [InlineData("SELECT 1")]
    [InlineData("DROP TABLE election_log")]
    public async Task A_marker_that_would_outlast_a_crash_is_refused_and_what_to_do_is_said(string before)
    {
        await NewStore(AsOwner()).ListAsync(Election, CancellationToken.None);
        await ExecuteAsync(AsOwner(), $"ALTER TABLE election_marker SET LOGGED; {before}");
        var refused = NewStore(AsOwner());
        var says = await Refused(refused);
        const string Cure = "ALTER TABLE election_marker SET UNLOGGED";
        Assert.EndsWith(Cure, says, StringComparison.Ordinal);
        await ExecuteAsync(AsOwner(), Cure);
        await Acquire(refused, Stand("node-1"));
    }

    [Theory]
    [InlineData("default_transaction_read_only = on", "it is read-only; connect to the primary, or take default_transaction_read_only from the user")]
    [InlineData("search_path = nowhere", "create a schema of the user's search path, or set Search Path in the connection string")]
    public async Task A_setting_of_the_user_in_which_no_election_can_be_is_named(string setting, string says)
    {
        await ExecuteAsync(AsOwner(), $"GRANT CREATE ON SCHEMA public TO {_name}; ALTER ROLE {_name} SET {setting}");
        Assert.Contains(says, await Refused(NewStore(AsRole())), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Time_limits_of_the_user_neither_end_a_wait_nor_a_term_nor_presence()
    {
        await ExecuteAsync(AsOwner(), $"GRANT CREATE ON SCHEMA public TO {_name}");
        foreach (var limit in (string[])["statement_timeout", "lock_timeout", "idle_session_timeout", "idle_in_transaction_session_timeout"])
            await ExecuteAsync(AsOwner(), $"ALTER ROLE {_name} SET {limit} = '400ms'");
        var (one, two) = (NewStore(AsRole()), NewStore(AsRole()));
        var grant = await Acquire(one, Stand("node-1", _lease));
        var waiting = Acquire(two, Stand("node-2", _lease));
        using var cadence = new PeriodicTimer(_lease / 3, Clock);
        while (Since(grant.AnchoredAt) < _lease * 1.5 && await cadence.WaitForNextTickAsync())
        {
            Assert.Equal(RenewAnswer.Renewed, await Renew(one, grant, _lease));
            await one.HeartbeatAsync(new Member(Election, grant.Term.Candidate, Role.Leader, 0, null, grant.Term.Token), CancellationToken.None);
        }

        await Until(async () => await CountWaitingOfAsync() == 1, "one waits");
        await one.ReleaseAsync(grant.Term, CancellationToken.None);
        Assert.Equal("node-2", (await waiting).Term.Candidate.NodeId);
    }

    [Fact]
    public async Task A_user_without_a_connection_left_is_told_so_and_a_leader_keeps_its_seat()
    {
        await ExecuteAsync(AsOwner(), $"GRANT CREATE ON SCHEMA public TO {_name}");
        var leader = NewStore(AsRole());
        var grant = await Acquire(leader, Stand("node-1"));
        await ExecuteAsync(AsOwner(), $"ALTER ROLE {_name} CONNECTION LIMIT 1");
        var refused = await Refused(NewStore(AsRole()));
        Assert.Contains("no connection is left; raise max_connections", refused, StringComparison.Ordinal);
        Assert.Equal(RenewAnswer.Renewed, await Renew(leader, grant));
    }

    [Fact]
    public async Task A_changed_password_is_named_and_a_leader_keeps_its_seat()
    {
        await ExecuteAsync(AsOwner(), $"GRANT CREATE ON SCHEMA public TO {_name}");
        var leader = NewStore(AsRole());
        var grant = await Acquire(leader, Stand("node-1"));
        await ExecuteAsync(AsOwner(), $"ALTER ROLE {_name} PASSWORD 'another'");
        var refused = await Refused(NewStore(AsRole()));
        Assert.Contains("the password was refused", refused, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, refused, StringComparison.Ordinal);
        Assert.Equal(RenewAnswer.Renewed, await Renew(leader, grant));
    }

    [Fact]
    public async Task A_dropped_database_ends_the_term_at_once_and_is_named()
    {
        var store = NewStore(AsOwner());
        var doubted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var grant = await Acquire(store, Stand("node-1", renewNow: doubted.SetResult));
        await ExecuteAsync(Server.ConnectionString, $"DROP DATABASE {_name} WITH (FORCE)");
        await doubted.Task.WaitAsync(Bound);
        Assert.Equal(RenewAnswer.Lost, await Renew(store, grant));
        Assert.Contains("the database does not exist", await Refused(NewStore(AsOwner())), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_counts_for_the_whole_database_whatever_the_schema_of_the_tables()
    {
        await ExecuteAsync(AsOwner(), "CREATE SCHEMA one; CREATE SCHEMA two");
        var (one, two) = (NewStore(AsOwner() + ";Search Path=one"), NewStore(AsOwner() + ";Search Path=two"));
        var grant = await Acquire(one, Stand("node-1"));
        var waiting = Acquire(two, Stand("node-2"));
        await Until(async () => await CountWaitingOfAsync() == 1, "one waits");
        await one.ReleaseAsync(grant.Term, CancellationToken.None);
        Assert.True((await waiting).Term.Token > grant.Term.Token);
    }

    [Theory]
    [InlineData("psql", "is held by another program")]
    [InlineData("AspireElection 0 other", "is held by the election 'other', whose name has the same key")]
    [Trait("Run", "all")]
    public async Task Who_holds_the_lock_without_being_a_candidate_is_named(string application, string says)
    {
        await MakeTablesAsync();
        await using var other = await Source.OpenConnectionAsync();
        await using var hold = other.CreateCommand();
        hold.CommandText = $"""
            SET application_name = '{application}'; SELECT pg_advisory_lock({SeatKey.Of(Election)});
            INSERT INTO election_terms (election, token, node_id, incarnation, priority, since, lease_ms, backend_pid, lock_key, server_epoch)
            SELECT 'other', 1, 'other', 'other', 0, now(), 1000, pg_backend_pid(), {SeatKey.Of(Election)}, '' WHERE '{application}' <> 'psql'
            """;
        await hold.ExecuteNonQueryAsync();
        Assert.Contains(says, await Refused(NewStore()), StringComparison.Ordinal);
        await ExecuteAsync(Server.ConnectionString, "DELETE FROM election_terms WHERE election = 'other'");
    }

    private string AsOwner() => new NpgsqlConnectionStringBuilder(Server.ConnectionString) { Database = _name }.ConnectionString;

    private string AsRole() => new NpgsqlConnectionStringBuilder(AsOwner()) { Username = _name, Password = Secret }.ConnectionString;

    private async Task<string> Refused(PostgresStore store)
    {
        var message = (await Assert.ThrowsAsync<StoreUnavailableException>(() => Acquire(store, Stand("refused")))).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private async Task<long> CountWaitingOfAsync() => (long)(await ScalarAsync(
        AsOwner(), $"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND (classid::bigint << 32 | objid::bigint) = {SeatKey.Of(Election)}"))!;

    private static async Task ExecuteAsync(string connectionString, string sql) => await ScalarAsync(connectionString, sql);

    private static async Task<object?> ScalarAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync().WaitAsync(Bound);
    }
}
