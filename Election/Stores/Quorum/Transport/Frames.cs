using System.Net.WebSockets;

namespace AspireElection.Stores.Quorum.Transport;

/// <summary>Whole messages over a WebSocket, none above a size.</summary>
internal static class Frames
{
    /// <summary>The largest message of a line: a snapshot of the whole state of an election fits.</summary>
    public const int Largest = 8 * 1024 * 1024;

    private const int First = 4096;

    public static ValueTask SendAsync(this WebSocket socket, ReadOnlyMemory<byte> message, CancellationToken cancellationToken) =>
        socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);

    /// <summary>The next message; null when the other side closed the line or sent what is too large.</summary>
    public static async ValueTask<byte[]?> ReceiveAsync(this WebSocket socket, int largest, CancellationToken cancellationToken)
    {
        var buffer = new byte[Math.Min(First, largest)];
        var length = 0;
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
            length += part.Count;
            if (part.MessageType == WebSocketMessageType.Close)
                return null;
            if (part.EndOfMessage)
                return buffer.AsSpan(0, length).ToArray();
            if (length < buffer.Length)
                continue;
            if (length == largest)
                return null;
            Array.Resize(ref buffer, Math.Min(largest, length * 4));
        }
    }
}
