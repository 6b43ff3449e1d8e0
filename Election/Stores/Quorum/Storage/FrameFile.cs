using System.Buffers.Binary;
using System.Numerics;

namespace AspireElection.Stores.Quorum.Storage;

/// <summary>
/// A file of checked frames that grows at its end. A frame is on the disk when <see cref="Append"/> returns; of the last
/// one a crash may leave a part, which is cut off at the next start. Nobody was answered on the strength of it.
/// </summary>
/// <remarks>
/// Frame: magic, length, checksum of the two, checksum of the content (4 bytes each, little endian), content. The header
/// has a checksum of its own, so that a damaged length in the middle is not taken for a file that ends too early.
/// </remarks>
internal sealed class FrameFile : IDisposable
{
    /// <summary>The largest content; more is a damaged length.</summary>
    public const int Largest = 16 * 1024 * 1024;

    private const int HeaderSize = 16;
    private const uint Magic = 0x31_51_45_41; // "AEQ1"

    private readonly FileStream _stream;

    private FrameFile(FileStream stream) => _stream = stream;

    public long Length => _stream.Length;

    /// <summary>Opens or creates the file and reads it whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="frames">What its frames hold, oldest first.</param>
    /// <param name="cutOff">How many bytes of a frame that was not completed were cut off its end.</param>
    /// <exception cref="InvalidDataException">Something before its end is damaged; the message says where.</exception>
    public static FrameFile Open(string path, out IReadOnlyList<byte[]> frames, out long cutOff)
    {
        var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        try
        {
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            var found = new List<byte[]>();
            var end = 0;
            while (TryRead(bytes.AsSpan(end)) is { } content)
            {
                found.Add(content);
                end += HeaderSize + content.Length;
            }

            cutOff = bytes.Length - end;
            if (cutOff > 0)
            {
                if (IsFollowed(bytes.AsSpan(end + 1)))
                    throw new InvalidDataException($"it is damaged at byte {end}, and whole records follow");
                stream.SetLength(end);
            }

            // A process that was killed leaves records in the cache alone: what is read here counts as stored from now on.
            if (bytes.Length > 0)
            {
                stream.Flush(flushToDisk: true);
                FolderSync.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
            }

            stream.Position = end;
            frames = found;
            return new FrameFile(stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Replaces the whole file in one step: after a crash there is the old content or the new.</summary>
    public static void Replace(string path, IEnumerable<byte[]> frames)
    {
        var temporary = path + ".new";
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            foreach (var content in frames)
                stream.Write(Frame(content));
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
        FolderSync.Flush(Path.GetDirectoryName(path)!);
    }

    /// <summary>Adds one frame; it is on the disk when this returns.</summary>
    public void Append(ReadOnlySpan<byte> content)
    {
        _stream.Write(Frame(content));
        _stream.Flush(flushToDisk: true);
    }

    public void Dispose() => _stream.Dispose();

    private static byte[] Frame(ReadOnlySpan<byte> content)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, Largest);
        var frame = new byte[HeaderSize + content.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(8), Checksum(frame.AsSpan(0, 8)));
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(12), Checksum(content));
        content.CopyTo(frame.AsSpan(HeaderSize));
        return frame;
    }

    /// <summary>The content of the frame that begins here; null where no whole one does.</summary>
    private static byte[]? TryRead(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic ||
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) != Checksum(bytes[..8]))
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]);
        if (length is < 0 or > Largest || bytes.Length - HeaderSize < length)
            return null;
        var content = bytes.Slice(HeaderSize, length);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]) == Checksum(content) ? content.ToArray() : null;
    }

    /// <summary>
    /// Whether a whole frame begins anywhere in here. After what a crash tore there is none: each frame is on the disk
    /// before the next is begun.
    /// </summary>
    private static bool IsFollowed(ReadOnlySpan<byte> bytes)
    {
        Span<byte> magic = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(magic, Magic);
        for (var at = bytes.IndexOf(magic); at >= 0;)
        {
            if (TryRead(bytes[at..]) is not null)
                return true;
            var next = bytes[(at + 1)..].IndexOf(magic);
            at = next < 0 ? -1 : at + 1 + next;
        }

        return false;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var checksum = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            checksum = BitOperations.Crc32C(checksum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var last in bytes)
            checksum = BitOperations.Crc32C(checksum, last);
        return ~checksum;
    }
}
