using AspireElection.Stores.Quorum.Replicated;
using AspireElection.Stores.Quorum.Wire;
using AspireElection.Timing;

namespace AspireElection.Stores.Quorum;

/// <summary>The seat as one peer knows it.</summary>
/// <param name="Term">The last term of which it knows the holder, 0 before the first.</param>
/// <param name="Holder">Its holder; null before the first.</param>
/// <param name="Left">What is left of the lease; zero when it is over or not known.</param>
/// <param name="Released">It was given back.</param>
internal sealed record SeatView(long Term, Holder? Holder, TimeSpan Left, bool Released)
{
    public static SeatView? Parse(ReadOnlyMemory<byte> bytes) => Bytes.TryRead(bytes, r => new SeatView(
        r.ReadInt64(), r.ReadBoolean() ? Holder.Read(r) : null, r.ReadDuration(), r.ReadBoolean()));

    public byte[] ToBytes() => Bytes.Write(w =>
    {
        w.Write(Term);
        w.Write(Holder is not null);
        Holder?.Write(w);
        w.Write(Left);
        w.Write(Released);
    });

    /// <summary>Of two views the one that knows more: a later term, of the same one its end, else the later end of its lease.</summary>
    public SeatView Newer(SeatView other) =>
        other.Term != Term ? other.Term > Term ? other : this
        : other.Released != Released ? other.Released ? other : this
        : other.Left > Left ? other : this;

    public Sighting ToSighting(TimeProvider clock) => Holder is { } holder && !Released && Left > TimeSpan.Zero
        ? new Sighting(holder.ToLeader(Term), clock.After(Left))
        : new Sighting(null, 0, Released);
}
