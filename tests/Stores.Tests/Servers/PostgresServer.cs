using AspireElection.AppHost.Servers;
using Npgsql;

namespace AspireElection.Stores.Tests.Servers;

/// <summary>A real PostgreSQL with an empty database.</summary>
public sealed class PostgresServer() : RealServer(LocalServer.Postgres(LoopbackPort.Free(), "election"), "postgres")
{
    internal override async Task AskAsync(CancellationToken cancellation)
    {
        await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false;Timeout=2");
        await connection.OpenAsync(cancellation);
    }

    private protected override bool MeansNotYet(Exception exception) => exception is NpgsqlException;
}
