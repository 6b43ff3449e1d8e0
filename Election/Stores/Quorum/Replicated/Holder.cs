using AspireElection.Stores.Quorum.Wire;

namespace AspireElection.Stores.Quorum.Replicated;

/// <summary>Who holds the seat: the data of a term's first entry.</summary>
/// <param name="Id">The candidate.</param>
/// <param name="Address">Where it answers, or null.</param>
/// <param name="Since">By its own wall clock, when it stood; for people.</param>
internal sealed record Holder(CandidateId Id, string? Address, DateTimeOffset Since)
{
    public static Holder Of(Candidacy candidacy, DateTimeOffset now) => new(candidacy.Id, candidacy.Address, now);

    public static Holder? Parse(ReadOnlyMemory<byte> bytes) => Bytes.TryRead(bytes, Read);

    public static Holder Read(BinaryReader reader) => new(
        reader.ReadCandidate(), reader.ReadOptional(), new DateTimeOffset(reader.ReadInt64(), TimeSpan.Zero));

    public byte[] ToBytes() => Bytes.Write(Write);

    public void Write(BinaryWriter writer)
    {
        writer.Write(Id);
        writer.WriteOptional(Address);
        writer.Write(Since.UtcTicks);
    }

    public Leader ToLeader(long term) => new(Id.NodeId, Id.Incarnation, Address, term, Since);
}
