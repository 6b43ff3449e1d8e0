using System.Net;
using System.Net.Sockets;

namespace AspireElection;

/// <summary>
/// Ports of this machine for servers that have to know theirs before they start. Never one twice, and none of those that the system
/// gives away by itself: between here and the server's start another server, or a mere connection, would take it.
/// </summary>
internal static class FreePorts
{
    private const int First = 15_000;
    private const int Last = 32_000;

    private static readonly HashSet<int> s_given = [];

    public static int Next()
    {
        lock (s_given)
        {
            while (s_given.Count < Last - First)
            {
                var port = Random.Shared.Next(First, Last);
                if (s_given.Add(port) && IsFree(port))
                    return port;
            }
        }

        throw new InvalidOperationException($"no port from {First} to {Last} is free");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
