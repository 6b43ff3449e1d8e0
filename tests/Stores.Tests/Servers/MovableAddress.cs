using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace AspireElection.Stores.Tests.Servers;

/// <summary>
/// A loopback address whose server can be replaced by another one, as behind a failover; and whose open connections
/// can fall silent without being closed, as when something on the way forgot them.
/// </summary>
public sealed class MovableAddress : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Link, bool> _links = new();
    private readonly Task _accepting;
    private volatile int _target;

    public MovableAddress(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>New connections go to another server; those that are open end.</summary>
    public void MoveTo(int target)
    {
        _target = target;
        CloseAll();
    }

    /// <summary>Nothing goes through the connections that are open now, and nobody is told.</summary>
    public void Silence()
    {
        foreach (var link in _links.Keys)
            link.Silent = true;
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        CloseAll();
        await _accepting;
    }

    private void CloseAll()
    {
        foreach (var link in _links.Keys)
            link.Close();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                var link = new Link(await _listener.AcceptSocketAsync());
                _links[link] = true;
                _ = RunAsync(link, _target);
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
            {
                return; // no more connections: the address was given up
            }
        }
    }

    private async Task RunAsync(Link link, int target)
    {
        await link.RunAsync(target);
        _links.TryRemove(link, out _);
    }

    private sealed class Link(Socket client)
    {
        private readonly Socket _server = new(SocketType.Stream, ProtocolType.Tcp);

        public volatile bool Silent;

        public async Task RunAsync(int target)
        {
            try
            {
                await _server.ConnectAsync(IPAddress.Loopback, target);
                await Task.WhenAny(PumpAsync(client, _server), PumpAsync(_server, client));
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
            {
                // Nobody there, or closed by the test: the client is told by the close below.
            }

            Close();
        }

        public void Close()
        {
            client.Dispose();
            _server.Dispose();
        }

        private async Task PumpAsync(Socket from, Socket to)
        {
            var buffer = new byte[65536];
            try
            {
                while (await from.ReceiveAsync(buffer) is > 0 and var length)
                {
                    if (!Silent)
                        await to.SendAsync(buffer.AsMemory(0, length));
                }
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
            {
                // The other end is closed with it.
            }
        }
    }
}
