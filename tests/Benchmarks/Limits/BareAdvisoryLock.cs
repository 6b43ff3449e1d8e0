using System.Diagnostics;
using System.Globalization;
using AspireElection.Stores.Tests.Servers;
using Npgsql;

namespace AspireElection.Benchmarks.Limits;

/// <summary>
/// The limit of any election through PostgreSQL on this machine: a process that holds an advisory lock and nothing
/// else is killed, and a session that waits for the lock in this process is granted it.
/// </summary>
internal static class BareAdvisoryLock
{
    public const string HoldFlag = "--hold-lock";
    private const int Key = 4711;

    public static async Task<IReadOnlyList<double>> MeasureAsync(string connectionString, int rounds)
    {
        var milliseconds = new List<double>();
        for (var round = 0; round < rounds; round++)
            milliseconds.Add(await OnceAsync(connectionString));
        return milliseconds;
    }

    /// <summary>What the killed process does.</summary>
    public static async Task HoldAsync(string connectionString)
    {
        await using var connection = await OpenAsync(connectionString);
        await LockAsync(connection);
        Console.WriteLine("held");
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System);
    }

    private static async Task<double> OnceAsync(string connectionString)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(BareAdvisoryLock).Assembly.Location, HoldFlag])
        {
            RedirectStandardOutput = true,
            Environment = { ["LOCK_DATABASE"] = connectionString },
        };
        using var holder = Process.Start(start)!;
        try
        {
            await holder.StandardOutput.ReadLineAsync();
            await using var connection = await OpenAsync(connectionString);
            var granted = LockAsync(connection);
            await WaitsAsync(connectionString);
            var killedAt = Stopwatch.GetTimestamp();
            Signal.Send(holder.Id, Signal.Kill);
            await granted;
            return Stopwatch.GetElapsedTime(killedAt).TotalMilliseconds;
        }
        finally
        {
            holder.Kill();
            await holder.WaitForExitAsync();
        }
    }

    private static async Task WaitsAsync(string connectionString)
    {
        await using var connection = await OpenAsync(connectionString);
        await using var look = new NpgsqlCommand("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted", connection);
        while ((long)(await look.ExecuteScalarAsync())! == 0)
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
    }

    private static async Task LockAsync(NpgsqlConnection connection)
    {
        await using var take = new NpgsqlCommand(string.Create(CultureInfo.InvariantCulture, $"SELECT pg_advisory_lock({Key})"), connection)
        {
            CommandTimeout = 60,
        };
        await take.ExecuteNonQueryAsync();
    }

    private static async Task<NpgsqlConnection> OpenAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }
}
