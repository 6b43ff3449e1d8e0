using AspireElection.Stores.Quorum.Wire;

namespace AspireElection.Stores.Quorum.Replicated;

/// <summary>A write or an append that the leader proposes. Under which term, the log itself says.</summary>
/// <param name="Key">Of the value, or name of the log.</param>
/// <param name="Text">The value, or the entry.</param>
/// <param name="Keep">How many entries of the log are kept; null for a value.</param>
internal sealed record LedgerCommand(string Key, string Text, int? Keep)
{
    public static LedgerCommand? Parse(byte[] bytes) => Bytes.TryRead(bytes, Read);

    public static LedgerCommand Read(BinaryReader reader) =>
        new(reader.ReadString(), reader.ReadString(), reader.ReadInt32() is >= 0 and var keep ? keep : null);

    public byte[] ToBytes() => Bytes.Write(Write);

    public void Write(BinaryWriter writer)
    {
        writer.Write(Key);
        writer.Write(Text);
        writer.Write(Keep ?? -1);
    }
}
