using AspireElection.Stores.Quorum.Wire;

namespace AspireElection.Stores.Quorum.Replicated;

/// <summary>A read of the ledger: all values under a prefix, or a log.</summary>
/// <param name="IsLog">Whether <paramref name="Name"/> is a log.</param>
/// <param name="Name">Prefix or log.</param>
internal sealed record LedgerQuery(bool IsLog, string Name)
{
    public static LedgerQuery Read(BinaryReader reader) => new(reader.ReadBoolean(), reader.ReadString());

    public void Write(BinaryWriter writer)
    {
        writer.Write(IsLog);
        writer.Write(Name);
    }

    /// <summary>The result as it is sent.</summary>
    public byte[] Of(ElectionState state) => Bytes.Write(w =>
    {
        if (IsLog)
        {
            w.WriteList(state.Log(Name), w.Write);
            return;
        }

        w.WriteList(state.Values(Name), v =>
        {
            w.Write(v.Key);
            w.Write(v.Value);
        });
    });

    public static IReadOnlyDictionary<string, string>? Values(byte[] result) => Bytes.TryRead(
        result, r => r.ReadList(() => (Key: r.ReadString(), Value: r.ReadString())).ToDictionary(v => v.Key, v => v.Value, StringComparer.Ordinal));

    public static IReadOnlyList<string>? Log(byte[] result) => Bytes.TryRead(result, r => r.ReadList(r.ReadString));
}

/// <summary>What a peer knows of the ledger while it does not lead.</summary>
/// <param name="LastTerm">Term of the last entry of its log.</param>
/// <param name="LastIndex">Its index.</param>
/// <param name="Eligible">Who may vote, by its log.</param>
/// <param name="Result">The answer to the query; null where it does not know whether its last entries are committed.</param>
internal sealed record PeerKnowledge(long LastTerm, long LastIndex, IReadOnlyList<string> Eligible, byte[]? Result)
{
    /// <summary>
    /// Of a majority the log that goes farthest holds all that was ever committed: as with a vote. If its peer knows that all
    /// of it is committed, that is the state; else nobody can tell before the next leader, and null is the answer.
    /// </summary>
    public static byte[]? Certain(IReadOnlyDictionary<string, PeerKnowledge> known)
    {
        var farthest = known.Values.MaxBy(k => (k.LastTerm, k.LastIndex))!;
        return farthest.Eligible.Count(known.ContainsKey) > farthest.Eligible.Count / 2 ? farthest.Result : null;
    }

    public static PeerKnowledge? Parse(ReadOnlyMemory<byte> bytes) => Bytes.TryRead(bytes, r => new PeerKnowledge(
        r.ReadInt64(), r.ReadInt64(), r.ReadList(r.ReadString), r.ReadBoolean() ? r.ReadBlock() : null));

    public byte[] ToBytes() => Bytes.Write(w =>
    {
        w.Write(LastTerm);
        w.Write(LastIndex);
        w.WriteList(Eligible, w.Write);
        w.Write(Result is not null);
        if (Result is not null)
            w.WriteBlock(Result);
    });
}
