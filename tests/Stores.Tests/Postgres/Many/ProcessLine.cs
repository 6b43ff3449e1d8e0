using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using AspireElection.Stores.Tests.Servers;
using Npgsql;

namespace AspireElection.Stores.Tests.Postgres.Many;

/// <summary>
/// Stands for the process of a store, as the server sees it: all connections of the store go through here, fall silent
/// when the process is frozen, and are closed when it is killed.
/// </summary>
internal sealed class ProcessLine : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentBag<Socket> _sockets = [];
    private readonly int _server;
    private readonly Task _accepting;
    private volatile TaskCompletionSource _running = new();

    public ProcessLine(PostgresServer server)
    {
        _server = server.Port;
        _running.SetResult();
        _listener.Start();
        ConnectionString = new NpgsqlConnectionStringBuilder(server.ConnectionString)
        {
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
            // Of the other tests' pools none.
            ApplicationName = $"line-{Guid.NewGuid():N}",
        }.ConnectionString;
        _accepting = AcceptAsync();
    }

    public string ConnectionString { get; }

    /// <summary>Nothing passes any more, in either direction; connections stay open.</summary>
    public void Freeze() => _running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Goes on, with what was sent meanwhile.</summary>
    public void Continue() => _running.TrySetResult();

    /// <summary>All connections are closed, and no new one comes about.</summary>
    public void Kill()
    {
        _listener.Stop();
        foreach (var socket in _sockets)
            socket.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        Continue();
        await _ending.CancelAsync();
        await _accepting;
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        var passing = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_ending.Token);
                var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                client.NoDelay = true;
                _sockets.Add(client);
                _sockets.Add(server);
                await server.ConnectAsync(IPAddress.Loopback, _server, _ending.Token);
                passing.Add(PassAsync(client, server));
                passing.Add(PassAsync(server, client));
            }
        }
        catch (Exception exception) when (
            exception is SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // Killed.
        }

        await Task.WhenAll(passing);
    }

    private async Task PassAsync(Socket from, Socket to)
    {
        var buffer = new byte[8192];
        try
        {
            while (await from.ReceiveAsync(buffer) is var count and > 0)
            {
                await _running.Task;
                await to.SendAsync(buffer.AsMemory(0, count));
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // One side is gone: so is the other.
            from.Dispose();
            to.Dispose();
        }
    }
}
