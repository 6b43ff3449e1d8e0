using System.Buffers.Binary;
using System.Security.Cryptography;

namespace AspireElection.Stores.Quorum.Transport;

/// <summary>
/// Signs what goes over one line in one direction, each frame with its number: a frame that was changed, left out,
/// repeated or brought from elsewhere does not fit.
/// </summary>
internal sealed class LineSeal(byte[] lineKey)
{
    private long _number;

    public byte[] Close(ReadOnlySpan<byte> content)
    {
        var frame = new byte[content.Length + ClusterKey.Size];
        content.CopyTo(frame);
        Sign(content).CopyTo(frame.AsSpan(content.Length));
        return frame;
    }

    /// <summary>The content; null where the signature does not fit, after which the line is of no more use.</summary>
    public ReadOnlyMemory<byte>? Open(ReadOnlyMemory<byte> frame)
    {
        if (frame.Length < ClusterKey.Size)
            return null;
        var content = frame[..^ClusterKey.Size];
        // By an if: null in a conditional expression would be a memory of no bytes, and a forged frame an empty one.
        if (!CryptographicOperations.FixedTimeEquals(Sign(content.Span), frame.Span[^ClusterKey.Size..]))
            return null;
        return content;
    }

    private byte[] Sign(ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(number, _number++);
        using var signing = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, lineKey);
        signing.AppendData(number);
        signing.AppendData(content);
        return signing.GetHashAndReset();
    }
}
