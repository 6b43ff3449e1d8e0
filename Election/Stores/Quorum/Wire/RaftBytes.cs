using AspireElection.Stores.Quorum.Protocol;

namespace AspireElection.Stores.Quorum.Wire;

/// <summary>The parts of the protocol as bytes. The numbers are on disks and lines: they stay.</summary>
internal static class RaftBytes
{
    public static void Write(this BinaryWriter writer, LogEntry entry)
    {
        writer.Write(entry.Index);
        writer.Write(entry.Term);
        writer.Write((byte)entry.Kind);
        writer.WriteBlock(entry.Data);
    }

    public static LogEntry ReadEntry(this BinaryReader reader) =>
        new(reader.ReadInt64(), reader.ReadInt64(), (EntryKind)reader.ReadByte(), reader.ReadBlock());

    public static void Write(this BinaryWriter writer, Snapshot snapshot)
    {
        writer.Write(snapshot.Index);
        writer.Write(snapshot.Term);
        writer.WriteList(snapshot.Eligible, writer.Write);
        writer.WriteBlock(snapshot.Data);
    }

    public static Snapshot ReadSnapshot(this BinaryReader reader) =>
        new(reader.ReadInt64(), reader.ReadInt64(), reader.ReadList(reader.ReadString), reader.ReadBlock());

    public static void Write(this BinaryWriter writer, HardState state)
    {
        writer.Write(state.Term);
        writer.WriteOptional(state.Vote);
        writer.Write(state.Promised);
    }

    public static HardState ReadHardState(this BinaryReader reader) =>
        new(reader.ReadInt64(), reader.ReadOptional(), reader.ReadDuration());
}
