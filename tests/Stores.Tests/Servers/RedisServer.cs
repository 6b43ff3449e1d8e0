using System.Net.Sockets;
using System.Text;
using AspireElection.AppHost.Servers;

namespace AspireElection.Stores.Tests.Servers;

/// <summary>A real Redis.</summary>
public sealed class RedisServer() : RealServer(LocalServer.Redis(LoopbackPort.Free()), "redis-server")
{
    internal override async Task AskAsync(CancellationToken cancellation)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", Port, cancellation);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"AUTH {Password}\r\nPING\r\nQUIT\r\n"), cancellation);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        string reply = await reader.ReadToEndAsync(cancellation);
        // While it loads its file Redis answers -LOADING.
        if (!reply.Contains("+PONG", StringComparison.Ordinal)) throw new IOException(reply);
    }

    private protected override bool MeansNotYet(Exception exception) => exception is SocketException or IOException;
}
