using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace AspireElection.Faults.Harness;

/// <summary>One connection of a node and the one to the server that belongs to it.</summary>
internal sealed class ProxiedConnection(Socket node, Direction toServer, Direction toNode) : IDisposable
{
    private const int PieceSize = 16 * 1024;

    /// <summary>Pieces under way in each direction; then the sender has to wait.</summary>
    private const int MostPieces = 32;

    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly CancellationTokenSource _over = new();
    private volatile bool _nodeIsHalfOpen;
    private volatile bool _serverIsHalfOpen;

    /// <summary>Whether bytes of it were thrown away.</summary>
    public bool LostBytes { get; private set; }

    public async Task ServeAsync(int target, CancellationToken ending)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_over.Token, ending);
        try
        {
            node.NoDelay = true;
            // While nothing gets through, the server does not even hear that somebody connects.
            await toServer.OpenAsync(stop.Token);
            await _server.ConnectAsync(new IPEndPoint(IPAddress.Loopback, target), stop.Token);
            var up = PumpAsync(node, _server, toServer, () => _nodeIsHalfOpen, () => _serverIsHalfOpen, stop.Token);
            var down = PumpAsync(_server, node, toNode, () => _serverIsHalfOpen, () => _nodeIsHalfOpen, stop.Token);
            // A reset of one side must not wait for the other side to say something.
            await await Task.WhenAny(up, down);
            await Task.WhenAll(up, down);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side is gone, or the server refuses: the other side is told the same way, unless nothing gets through.
            await HeardAsync(ending);
            Reset();
        }
    }

    public void Reset()
    {
        Close(node, reset: true);
        Close(_server, reset: true);
        Stop();
    }

    public void CloseServerSide()
    {
        _nodeIsHalfOpen = true;
        Close(_server, reset: false);
    }

    public void CloseNodeSide()
    {
        _serverIsHalfOpen = true;
        Close(node, reset: false);
    }

    private async Task HeardAsync(CancellationToken ending)
    {
        try
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(_over.Token, ending);
            await toServer.OpenAsync(stop.Token);
            await toNode.OpenAsync(stop.Token);
        }
        catch (OperationCanceledException)
        {
            // The test breaks it, or ends.
        }
    }

    public void Dispose()
    {
        node.Dispose();
        _server.Dispose();
        // Not disposed: a test may be about to break this very connection.
        Stop();
    }

    private void Stop() => _over.Cancel();

    private static void Close(Socket socket, bool reset)
    {
        try
        {
            if (reset)
                socket.LingerState = new LingerOption(true, 0);
            socket.Close();
        }
        catch (ObjectDisposedException)
        {
            // It is closed.
        }
    }

    /// <param name="from">Whose bytes.</param>
    /// <param name="to">For whom.</param>
    /// <param name="direction">What happens to them.</param>
    /// <param name="fromIsHalfOpen">The sender is to believe that somebody takes what it sends.</param>
    /// <param name="toIsHalfOpen">The sender is gone and the receiver must not notice.</param>
    /// <param name="stop">Ends it.</param>
    private async Task PumpAsync(
        Socket from, Socket to, Direction direction, Func<bool> fromIsHalfOpen, Func<bool> toIsHalfOpen, CancellationToken stop)
    {
        var pieces = Channel.CreateBounded<(byte[] Bytes, long ReadAt)>(MostPieces);
        var delivering = DeliverAsync(pieces.Reader, to, direction, fromIsHalfOpen, stop);
        var buffer = new byte[PieceSize];
        try
        {
            while (await from.ReceiveAsync(buffer, stop) is > 0 and var count)
            {
                if (direction.Loses || fromIsHalfOpen())
                    LostBytes = true;
                else
                    await pieces.Writer.WriteAsync((buffer[..count], Stopwatch.GetTimestamp()), stop);
            }
        }
        catch (Exception exception) when (toIsHalfOpen() && exception is SocketException or ObjectDisposedException)
        {
            // The side that was closed by the test.
        }

        pieces.Writer.Complete();
        await delivering;
        // The news of the end is a packet like any other.
        await direction.OpenAsync(stop);
        if (toIsHalfOpen())
            await Task.Delay(Timeout.Infinite, stop);
        else
            to.Shutdown(SocketShutdown.Send);
    }

    private static async Task DeliverAsync(
        ChannelReader<(byte[] Bytes, long ReadAt)> pieces, Socket to, Direction direction, Func<bool> isGone, CancellationToken stop)
    {
        await foreach (var (bytes, readAt) in pieces.ReadAllAsync(stop))
        {
            if (direction.Delay - Stopwatch.GetElapsedTime(readAt) is { Ticks: > 0 } left)
                await Task.Delay(left, stop);
            await direction.OpenAsync(stop);
            if (isGone())
                continue;
            for (var sent = 0; sent < bytes.Length;)
                sent += await to.SendAsync(bytes.AsMemory(sent), stop);
        }
    }
}
