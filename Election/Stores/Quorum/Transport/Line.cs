using System.Net.WebSockets;
using AspireElection.Timing;

namespace AspireElection.Stores.Quorum.Transport;

/// <summary>One end of a line whose other end has proved that it has the key: sends what is queued, tells what is heard.</summary>
internal sealed class Line(WebSocket socket, Claim claim, bool dialled, (byte[] Forth, byte[] Back) keys, LineQueue queue, TimeProvider clock)
{
    /// <summary>A frozen peer takes bytes until the buffers are full; then the line is given up.</summary>
    private static readonly TimeSpan SendLimit = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan GoodbyeLimit = TimeSpan.FromMilliseconds(100);

    private readonly LineSeal _sending = new(dialled ? keys.Forth : keys.Back);
    private readonly LineSeal _receiving = new(dialled ? keys.Back : keys.Forth);

    /// <summary>Who is at the other end; <see cref="Claim.Client"/> for somebody who only asks.</summary>
    public string Peer => dialled ? claim.To : claim.From;

    public void Send(byte[] content) => queue.Add(content);

    /// <summary>Until one of both ends closes it, or it breaks, or something comes that is not signed as it should be.</summary>
    public async Task RunAsync(Action<Line, ReadOnlyMemory<byte>> heard, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var sending = SendAsync(ending.Token);
            var receiving = ReceiveAsync(heard, ending.Token);
            await Task.WhenAny(sending, receiving);
            await ending.CancelAsync();
            await Task.WhenAll(Quietly(sending), Quietly(receiving));
        }
        finally
        {
            await SayGoodbyeAsync();
            socket.Abort();
        }
    }

    /// <summary>So that the other end reads to the end what was sent: a line that is torn down may lose its last words.</summary>
    private async Task SayGoodbyeAsync()
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived))
            return;
        using var limit = new CancellationTokenSource(GoodbyeLimit, clock);
        await Quietly(socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token));
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var content = await queue.NextAsync(cancellationToken);
            await socket.SendAsync(_sending.Close(content), cancellationToken).Within(SendLimit, clock, cancellationToken);
        }
    }

    private async Task ReceiveAsync(Action<Line, ReadOnlyMemory<byte>> heard, CancellationToken cancellationToken)
    {
        while (await socket.ReceiveAsync(Frames.Largest, cancellationToken) is { } frame && _receiving.Open(frame) is { } content)
            heard(this, content);
    }

    private static async Task Quietly(Task loop)
    {
        try
        {
            await loop;
        }
        catch (Exception broken) when (broken is WebSocketException or IOException or OperationCanceledException or TimeoutException or ObjectDisposedException)
        {
            // The line is over, for whichever reason; who dialled it dials again.
        }
    }
}
