using System.Diagnostics;
using System.Net.Sockets;

namespace AspireElection.AppHost;

/// <summary>Waits until something listens at an address.</summary>
internal static class Listening
{
    /// <summary>Bounded: what waits for it matters more.</summary>
    public static async Task WaitAsync(Uri address, CancellationToken cancellation)
    {
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(10);)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(address.Host, address.Port, cancellation);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50, cancellation); // not yet
            }
        }
    }
}
