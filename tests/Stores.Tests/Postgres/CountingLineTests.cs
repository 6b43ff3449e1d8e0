using AspireElection.Stores.Postgres;
using AspireElection.Stores.Tests.Servers;
using Npgsql;

namespace AspireElection.Stores.Tests.Postgres;

/// <summary>The line that counts for the benchmarks: a wait that PostgreSQL ended at its time is no request of a hand-over.</summary>
[Collection(SharedPostgres.Name)]
public sealed class CountingLineTests(PostgresServer server) : PostgresFacts(server)
{
    [Fact]
    public async Task A_wait_that_begins_anew_is_no_request_but_what_follows_a_grant_is()
    {
        // The look names a table of the store.
        await MakeTablesAsync();
        await using var holder = await Source.OpenConnectionAsync();
        await RunAsync(holder, "SELECT pg_advisory_lock(4711)");
        await using var line = new CountingLine(Server.Port);
        var settings = new NpgsqlConnectionStringBuilder(Server.ConnectionString) { Port = line.Port, Pooling = false };
        await using var waiter = new NpgsqlConnection(settings.ConnectionString);
        await waiter.OpenAsync();
        await RunAsync(waiter, "SET lock_timeout = '1ms'");
        await WaitInVainAsync(waiter);
        var (trips, asked) = (line.Trips, line.Asked);

        await WaitInVainAsync(waiter);
        // Now and then a waiter looks who holds the lock before it goes on.
        await LookAsync(waiter);
        await WaitInVainAsync(waiter);
        Assert.Equal((trips + 3, asked), (line.Trips, line.Asked));

        await RunAsync(holder, "SELECT pg_advisory_unlock(4711)");
        await RunAsync(waiter, "SELECT pg_advisory_lock(4711)");
        Assert.Equal((trips + 4, asked), (line.Trips, line.Asked));
        await LookAsync(waiter);
        Assert.Equal((trips + 5, asked + 1), (line.Trips, line.Asked));
    }

    private static async Task WaitInVainAsync(NpgsqlConnection connection)
    {
        var refused = await Assert.ThrowsAsync<PostgresException>(() => RunAsync(connection, "SELECT pg_advisory_lock(4711)"));
        Assert.Equal(PostgresErrorCodes.LockNotAvailable, refused.SqlState);
    }

    private async Task LookAsync(NpgsqlConnection connection)
    {
        await using var look = new NpgsqlCommand(ForeignHolder.Sql, connection);
        look.Parameters.Add(new NpgsqlParameter { Value = 4711L });
        look.Parameters.Add(new NpgsqlParameter { Value = Election });
        await look.ExecuteNonQueryAsync();
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
