using System.Diagnostics;
using AspireElection.AppHost.Servers;
using Npgsql;

namespace AspireElection.Stores.Tests.Servers;

/// <summary>A real PostgreSQL with an empty database.</summary>
public sealed class PostgresServer : RealServer
{
    public PostgresServer()
        : this(LocalServer.Postgres(LoopbackPort.Free(), "election"))
    {
    }

    private PostgresServer(LocalServer? server)
        : base(server, "postgres")
    {
    }

    /// <summary>One that lets more clients in than usual.</summary>
    internal static PostgresServer WithRoomFor(int connections) => new(
        LocalServer.Postgres(LoopbackPort.Free(), "election") is { } server ? server with { Connections = connections } : null);

    /// <summary>
    /// A standby that reads the log files of <paramref name="primary"/>, which is stopped and started for its copy.
    /// </summary>
    public static async Task<PostgresServer> StandbyOfAsync(PostgresServer primary)
    {
        LocalServer? place = LocalServer.Postgres(LoopbackPort.Free(), "election");
        var standby = new PostgresServer(place is null ? null : place with { Password = primary.Password });
        string data = Path.Combine(standby.Folder, "data");
        await primary.StopAsync();
        Directory.CreateDirectory(standby.Folder);
        using (Process copy = Process.Start("cp", ["-a", Path.Combine(primary.Folder, "data"), data]))
            await copy.WaitForExitAsync();
        await File.WriteAllTextAsync(Path.Combine(data, "standby.signal"), "");
        await File.AppendAllTextAsync(Path.Combine(data, "postgresql.auto.conf"), $"""

            restore_command = 'cp "{primary.Folder}/data/pg_wal/%f" "%p"'
            wal_retrieve_retry_interval = 100ms
            """);
        await primary.StartAsync();
        await standby.StartAsync();
        return standby;
    }

    /// <summary>The first value that a statement of a test answers.</summary>
    public async Task<object?> QueryAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(ConnectionString);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }

    internal override async Task AskAsync(CancellationToken cancellation)
    {
        await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false;Timeout=2");
        await connection.OpenAsync(cancellation);
    }

    private protected override bool MeansNotYet(Exception exception) => exception is NpgsqlException;
}
