using System.Net.Sockets;
using System.Text;
using AspireElection.AppHost.Servers;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace AspireElection.AppHost;

/// <summary>Whether a server of this machine answers a question; an open port alone comes too early.</summary>
internal sealed class ServerHealthCheck(LocalServer server) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await (server.Kind switch
            {
                "redis" => AskRedisAsync(cancellationToken),
                "etcd" => AskEtcdAsync(cancellationToken),
                _ => AskPostgresAsync(cancellationToken),
            });
            return HealthCheckResult.Healthy();
        }
        catch (Exception problem) when (problem is SocketException or IOException or NpgsqlException or HttpRequestException)
        {
            return HealthCheckResult.Unhealthy(problem.Message);
        }
    }

    /// <summary>It answers 503 as long as it has no leader.</summary>
    private async Task AskEtcdAsync(CancellationToken cancellationToken)
    {
        // A proxy of the environment knows nothing of this machine's loopback.
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        await client.GetStringAsync(new Uri($"{server.ConnectionString}/health"), cancellationToken);
    }

    private async Task AskPostgresAsync(CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString + ";Pooling=false");
        await connection.OpenAsync(cancellationToken);
    }

    private async Task AskRedisAsync(CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", server.Port, cancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"AUTH {server.Password}\r\nPING\r\n"), cancellationToken);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var answers = (await reader.ReadLineAsync(cancellationToken), await reader.ReadLineAsync(cancellationToken));
        if (answers != ("+OK", "+PONG")) throw new IOException($"Redis answered {answers}");
    }
}
