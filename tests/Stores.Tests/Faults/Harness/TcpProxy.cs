using System.Net;
using System.Net.Sockets;

namespace AspireElection.Faults.Harness;

/// <summary>
/// The line between a node and its server, in the hands of a test. It forwards bytes until it is told to hold them
/// back, to lose them, to break connections or to accept none. Each node has one of its own.
/// </summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly int _target;
    private readonly HashSet<ProxiedConnection> _connections = [];
    private readonly CancellationTokenSource _ending = new();
    private TcpListener _listener;
    private Task _accepting;

    public TcpProxy(int target)
    {
        _target = target;
        _listener = new TcpListener(IPAddress.Loopback, 0);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync(_listener);
    }

    public int Port { get; }

    /// <summary>From the node to the server.</summary>
    public Direction ToServer { get; } = new();

    /// <summary>From the server to the node.</summary>
    public Direction ToNode { get; } = new();

    /// <summary>
    /// Nothing is delivered either way, and nothing is closed: what is sent meanwhile arrives after <see cref="Heal"/>, as it does when
    /// a network comes back that only lost packets.
    /// </summary>
    public void BlackHole()
    {
        ToServer.Hold();
        ToNode.Hold();
    }

    /// <summary>New connections are refused, those that are open are broken.</summary>
    public void Refuse()
    {
        _listener.Stop();
        Cut();
    }

    /// <summary>Everything works again; a connection that has lost bytes is broken first, because its stream would be damaged.</summary>
    public void Heal()
    {
        foreach (var connection in All().Where(c => c.LostBytes))
            connection.Reset();
        ToServer.Restore();
        ToNode.Restore();
        if (_listener.Server.IsBound)
            return;
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _accepting = AcceptAsync(_listener);
    }

    /// <summary>Breaks every connection by a reset; new ones are accepted.</summary>
    public void Cut()
    {
        foreach (var connection in All())
            connection.Reset();
    }

    /// <summary>The server sees every connection closed; the node sees nothing and hears nothing more on them.</summary>
    public void LeaveNodeHalfOpen()
    {
        foreach (var connection in All())
            connection.CloseServerSide();
    }

    /// <summary>The node sees every connection closed; the server sees nothing and hears nothing more on them.</summary>
    public void LeaveServerHalfOpen()
    {
        foreach (var connection in All())
            connection.CloseNodeSide();
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting;
        _ending.Dispose();
    }

    private ProxiedConnection[] All()
    {
        lock (_connections)
            return [.. _connections];
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
                _ = ServeAsync(await listener.AcceptSocketAsync(_ending.Token));
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // It was told to refuse, or to end.
        }
    }

    private async Task ServeAsync(Socket node)
    {
        using var connection = new ProxiedConnection(node, ToServer, ToNode);
        lock (_connections)
            _connections.Add(connection);
        try
        {
            await connection.ServeAsync(_target, _ending.Token);
        }
        finally
        {
            lock (_connections)
                _connections.Remove(connection);
        }
    }
}
