using AspireElection.Stores.Quorum.Protocol;
using AspireElection.Stores.Quorum.Wire;

namespace AspireElection.Stores.Quorum.Replicated;

/// <summary>How a peer answers who asks it to read or write.</summary>
internal enum LedgerOutcome : byte
{
    Done,
    Stale,

    /// <summary>This peer does not lead.</summary>
    Elsewhere,

    /// <summary>Leadership ended before it was known whether the write is committed.</summary>
    Unknown,
    Full,
    Refused,
}

/// <param name="Outcome">What came of it.</param>
/// <param name="Leader">With <see cref="LedgerOutcome.Elsewhere"/>: who leads, null when not known.</param>
/// <param name="Result">Of a read.</param>
/// <param name="Why">With <see cref="LedgerOutcome.Refused"/>.</param>
internal sealed record LedgerAnswer(LedgerOutcome Outcome, string? Leader, byte[]? Result, Refusal Why)
{
    public static LedgerAnswer Done { get; } = new(LedgerOutcome.Done, null, null, Refusal.None);

    public static LedgerAnswer Stale { get; } = new(LedgerOutcome.Stale, null, null, Refusal.None);

    public static LedgerAnswer Unknown { get; } = new(LedgerOutcome.Unknown, null, null, Refusal.None);

    public static LedgerAnswer Full { get; } = new(LedgerOutcome.Full, null, null, Refusal.None);

    public static LedgerAnswer Elsewhere(string? leader) => new(LedgerOutcome.Elsewhere, leader, null, Refusal.None);

    public static LedgerAnswer Read(byte[] result) => new(LedgerOutcome.Done, null, result, Refusal.None);

    public static LedgerAnswer Refused(Refusal why) => why == Refusal.NotLeader ? Elsewhere(null) : new(LedgerOutcome.Refused, null, null, why);

    public static LedgerAnswer? Parse(ReadOnlyMemory<byte> bytes) => Bytes.TryRead(bytes, r => new LedgerAnswer(
        (LedgerOutcome)r.ReadByte(), r.ReadOptional(), r.ReadBoolean() ? r.ReadBlock() : null, (Refusal)r.ReadByte()));

    public byte[] ToBytes() => Bytes.Write(w =>
    {
        w.Write((byte)Outcome);
        w.WriteOptional(Leader);
        w.Write(Result is not null);
        if (Result is not null)
            w.WriteBlock(Result);
        w.Write((byte)Why);
    });
}
