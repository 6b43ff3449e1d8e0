using System.Net;
using System.Net.Sockets;

namespace AspireElection.AppHost.Servers;

/// <summary>Ports of 127.0.0.1.</summary>
internal static class LoopbackPort
{
    /// <summary>A port that was free a moment ago; another process may take it before it is bound.</summary>
    public static int Free() => TryBind(0) ?? throw new InvalidOperationException("No port of 127.0.0.1 is free.");

    /// <summary>The preferred port where it is free, else any free one.</summary>
    public static int PreferredOrFree(int preferred) => TryBind(preferred) ?? Free();

    private static int? TryBind(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
        catch (SocketException)
        {
            return null; // taken, or not allowed: either way the caller needs another one
        }
    }
}
