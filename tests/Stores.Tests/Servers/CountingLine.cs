using System.Net;
using System.Net.Sockets;
using System.Text;
using AspireElection.Stores.Postgres;

namespace AspireElection.Stores.Tests.Servers;

/// <summary>
/// A line to a server that counts bytes and round trips, which are requests that follow an answer and the first of each connection,
/// and how often something was asked.
/// </summary>
internal sealed class CountingLine : IAsyncDisposable
{
    /// <summary>What is looked for is asked at the beginning.</summary>
    private const int MostSent = 1024 * 1024;

    /// <summary>PostgreSQL's answer to a wait that took as long as it may.</summary>
    private const string WaitedInVain = "C55P03\0";

    private readonly int _target;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _accepting;
    private readonly List<StringBuilder> _sent = [];
    private int _asked;
    private int _waitedAgain;
    private long _bytes;

    public CountingLine(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Trips => Asked + Volatile.Read(ref _waitedAgain);

    /// <summary>Without those that only went on with a wait that PostgreSQL had ended at its time: they are nobody's doing but the clock's.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>Both ways.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>How often a text was sent to the server, among the first million characters of each connection.</summary>
    public int Sent(string text)
    {
        lock (_sent) return _sent.Sum(s => s.ToString().Split(text).Length - 1);
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true) connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_ending.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using TcpClient near = client;
        using var far = new TcpClient { NoDelay = true };
        near.NoDelay = true;
        bool answered = true, inVain = false;
        var sent = new StringBuilder();
        lock (_sent) _sent.Add(sent);
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, _target, _ending.Token);
            Task asking = PumpAsync(near, far, bytes =>
            {
                lock (_sent)
                {
                    if (sent.Length < MostSent) sent.Append(Encoding.Latin1.GetString(bytes.Span));
                }

                if (!Interlocked.Exchange(ref answered, false)) return;
                Interlocked.Increment(ref (Volatile.Read(ref inVain) ? ref _waitedAgain : ref _asked));
                // After this look it waits again.
                if (!Holds(bytes, ForeignHolder.Sql)) Volatile.Write(ref inVain, false);
            });
            Task answering = PumpAsync(far, near, bytes =>
            {
                if (Holds(bytes, WaitedInVain)) Volatile.Write(ref inVain, true);
                Volatile.Write(ref answered, true);
            });
            await Task.WhenAny(asking, answering);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            // The server is not there, or the test ends.
        }
    }

    private static bool Holds(ReadOnlyMemory<byte> bytes, string text) => Encoding.Latin1.GetString(bytes.Span).Contains(text, StringComparison.Ordinal);

    private async Task PumpAsync(TcpClient from, TcpClient to, Action<ReadOnlyMemory<byte>> passed)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, _ending.Token) is > 0 and int count)
            {
                passed(buffer.AsMemory(0, count));
                Interlocked.Add(ref _bytes, count);
                await to.GetStream().WriteAsync(buffer.AsMemory(0, count), _ending.Token);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // One of the two sides is gone.
        }
    }
}
