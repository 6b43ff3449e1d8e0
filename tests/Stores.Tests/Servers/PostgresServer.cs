using AspireElection.AppHost.Servers;
using Npgsql;

namespace AspireElection.Stores.Tests.Servers;

/// <summary>A real PostgreSQL with an empty database.</summary>
public sealed class PostgresServer() : RealServer(LocalServer.Postgres(LoopbackPort.Free(), "election"), "postgres")
{
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
