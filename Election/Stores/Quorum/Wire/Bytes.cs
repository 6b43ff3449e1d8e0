namespace AspireElection.Stores.Quorum.Wire;

/// <summary>Values as bytes, for the disk and for other peers.</summary>
internal static class Bytes
{
    public static byte[] Write(Action<BinaryWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new BinaryWriter(buffer))
            write(writer);
        return buffer.ToArray();
    }

    /// <summary>Reads a value that fills the bytes; default where they are something else.</summary>
    public static T? TryRead<T>(ReadOnlyMemory<byte> bytes, Func<BinaryReader, T?> read)
        where T : class
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes.ToArray(), writable: false));
            return read(reader) is { } value && reader.BaseStream.Position == bytes.Length ? value : null;
        }
        catch (Exception damaged) when (damaged is EndOfStreamException or FormatException or ArgumentException or OverflowException or IOException)
        {
            // Of another version perhaps; what cannot be read was not said.
            return null;
        }
    }

    public static void WriteOptional(this BinaryWriter writer, string? text)
    {
        writer.Write(text is not null);
        if (text is not null)
            writer.Write(text);
    }

    public static string? ReadOptional(this BinaryReader reader) => reader.ReadBoolean() ? reader.ReadString() : null;

    public static void WriteBlock(this BinaryWriter writer, byte[] block)
    {
        writer.Write(block.Length);
        writer.Write(block);
    }

    public static byte[] ReadBlock(this BinaryReader reader)
    {
        var length = reader.ReadInt32();
        if (length < 0 || length > reader.BaseStream.Length - reader.BaseStream.Position)
            throw new EndOfStreamException();
        return reader.ReadBytes(length);
    }

    public static void WriteList<T>(this BinaryWriter writer, IReadOnlyCollection<T> items, Action<T> write)
    {
        writer.Write(items.Count);
        foreach (var item in items)
            write(item);
    }

    public static List<T> ReadList<T>(this BinaryReader reader, Func<T> read)
    {
        var count = reader.ReadInt32();
        // Each item takes a byte at least: a wrong number must not take the memory.
        if (count < 0 || count > reader.BaseStream.Length - reader.BaseStream.Position)
            throw new EndOfStreamException();
        var items = new List<T>(count);
        for (var i = 0; i < count; i++)
            items.Add(read());
        return items;
    }

    public static void Write(this BinaryWriter writer, TimeSpan duration) => writer.Write(duration.Ticks);

    public static TimeSpan ReadDuration(this BinaryReader reader) => new(reader.ReadInt64());

    public static void Write(this BinaryWriter writer, CandidateId id)
    {
        writer.Write(id.NodeId);
        writer.Write(id.Incarnation);
    }

    public static CandidateId ReadCandidate(this BinaryReader reader) => new(reader.ReadString(), reader.ReadString());
}
