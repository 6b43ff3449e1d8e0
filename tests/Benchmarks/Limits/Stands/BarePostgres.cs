using System.Globalization;
using Npgsql;

namespace AspireElection.Benchmarks.Limits.Stands;

/// <summary>
/// The least that an election through PostgreSQL can do on its client library: a session that blocks in
/// <c>pg_advisory_lock</c> until the holder unlocks or dies.
/// </summary>
internal sealed class BarePostgres : IStand
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlConnection _look;
    private readonly string _seat;
    private Task _taking = Task.CompletedTask;

    private BarePostgres(NpgsqlConnection connection, NpgsqlConnection look, string seat) => (_connection, _look, _seat) = (connection, look, seat);

    public static async Task<IStand> OpenAsync(string connection, string seat) =>
        new BarePostgres(await ConnectAsync(connection), await ConnectAsync(connection), seat);

    public async Task StandAsync()
    {
        _taking = TakeAsync();
        var waits = string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND pid = {_connection.ProcessID})");
        await using var look = new NpgsqlCommand(waits, _look);
        while (!_taking.IsCompleted && !(bool)(await look.ExecuteScalarAsync())!)
            await Task.Delay(TimeSpan.FromMilliseconds(2));
    }

    public Task ResignAsync() => Stamps.ResignAsync(() => DoAsync("pg_advisory_unlock"));

    public async ValueTask DisposeAsync()
    {
        await _look.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private static async Task<NpgsqlConnection> ConnectAsync(string text)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(text) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private async Task TakeAsync()
    {
        await DoAsync("pg_advisory_lock");
        Stamps.SayLeads();
    }

    private async Task DoAsync(string function)
    {
        await using var command = new NpgsqlCommand($"SELECT {function}(hashtext('{_seat}'))", _connection)
        {
            CommandTimeout = 0, // the wait is the purpose
        };
        await command.ExecuteNonQueryAsync();
    }
}
