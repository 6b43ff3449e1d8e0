using AspireElection.Stores.Postgres;
using AspireElection.Stores.Tests.Servers;
using Npgsql;

namespace AspireElection.Stores.Tests.Postgres;

/// <summary>What people read when the server refuses or is away: one line, what to do, no password.</summary>
[Collection(SharedPostgres.Name)]
public sealed class ErrorTests(PostgresServer server) : PostgresFacts(server)
{
    private const string Secret = "not-the-password";

    [Fact]
    public async Task A_wrong_password_is_named_without_being_told()
    {
        var message = await RefusalOf(s => s.Password = Secret);
        Assert.Contains("the password was refused", message, StringComparison.Ordinal);
        Assert.Contains($":{Server.Port}", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_absent_database_is_named() =>
        Assert.Contains("database 'absent'", await RefusalOf(s => s.Database = "absent"), StringComparison.Ordinal);

    [Fact]
    public async Task A_server_that_does_not_run_is_named() =>
        Assert.Contains("127.0.0.1:1,", await RefusalOf(s => (s.Host, s.Port) = ("127.0.0.1", 1)), StringComparison.Ordinal);

    [Fact]
    public async Task A_data_source_that_hides_its_password_is_enough()
    {
        await using var source = NpgsqlDataSource.Create(Server.ConnectionString);
        Assert.DoesNotContain(Server.Password, source.ConnectionString, StringComparison.Ordinal);
        await using var store = new PostgresStore(source, Clock);
        var grant = await Acquire(store, Stand("node-1"));
        await store.ReleaseAsync(grant.Term, CancellationToken.None);
        await store.DisposeAsync();
        await using var alive = source.CreateCommand("SELECT 1");
        Assert.Equal(1, await alive.ExecuteScalarAsync());
    }

    private async Task<string> RefusalOf(Action<NpgsqlConnectionStringBuilder> change)
    {
        var settings = new NpgsqlConnectionStringBuilder(Server.ConnectionString);
        change(settings);
        var password = settings.Password!;
        await using var store = new PostgresStore(settings.ConnectionString, Clock);
        var acquire = await Assert.ThrowsAsync<StoreUnavailableException>(() => Acquire(store, Stand("node-1")));
        var list = await Assert.ThrowsAsync<StoreUnavailableException>(
            () => store.ListAsync(Election, CancellationToken.None).AsTask().WaitAsync(Bound));
        var observe = await Assert.ThrowsAsync<StoreUnavailableException>(async () =>
        {
            await foreach (var _ in store.ObserveAsync(Election, CancellationToken.None))
                Assert.Fail("It cannot be observed.");
        });
        Assert.DoesNotContain(password, acquire.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', acquire.Message);
        Assert.Equal(acquire.Message, list.Message);
        Assert.Equal(acquire.Message, observe.Message);
        return acquire.Message;
    }
}
