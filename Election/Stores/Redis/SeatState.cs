using System.Globalization;

namespace AspireElection.Stores.Redis;

internal enum SeatKind
{
    Free,
    Reserved,
    Held,
}

/// <summary>The seat as scripts answer and messages tell it: what <c>state()</c> of <c>Seat.lua</c> lists.</summary>
/// <param name="Kind">Free, reserved for a successor, or held.</param>
/// <param name="Left">How long it stays so when nothing happens; zero when free.</param>
/// <param name="Token">Token of the term that holds the seat, or of the last one; 0 when there was none.</param>
/// <param name="Holder">Who holds it or for whom it is reserved, as <c>node#incarnation</c>.</param>
/// <param name="Address">The last leader's address, or null.</param>
/// <param name="Since">When the last term was granted, by the server's clock.</param>
/// <param name="Lease">The lease of the last term; zero when there was none.</param>
/// <param name="Released">Token of the last term that was given back.</param>
/// <param name="Number">Number of the last message.</param>
/// <param name="Waiting">How many stand in line.</param>
/// <param name="Line">The first of them.</param>
internal sealed record SeatState(
    SeatKind Kind,
    TimeSpan Left,
    long Token,
    string Holder,
    string? Address,
    DateTimeOffset Since,
    TimeSpan Lease,
    long Released,
    long Number,
    int Waiting,
    string[] Line)
{
    private const int FixedFields = 10;

    /// <summary>Whether the last term is known to have been given back rather than cut off.</summary>
    public bool WasReleased => Token > 0 && Released == Token;

    /// <param name="fields">An answer, or a message.</param>
    /// <param name="last">
    /// What was heard before: a renewal changes nothing but the end, and ten thousand elections hear three thousand a
    /// second. What is the same is kept instead of a copy of it.
    /// </param>
    public static SeatState Parse(string[] fields, SeatState? last = null)
    {
        return new SeatState(
            fields[0] switch { "held" => SeatKind.Held, "reserved" => SeatKind.Reserved, _ => SeatKind.Free },
            TimeSpan.FromMilliseconds(Math.Max(0, Whole(fields[1]))),
            Whole(fields[2]),
            Kept(fields[3], last?.Holder),
            fields[4].Length == 0 ? null : Kept(fields[4], last?.Address),
            DateTimeOffset.FromUnixTimeMilliseconds(Whole(fields[5])),
            TimeSpan.FromMilliseconds(Whole(fields[6])),
            Whole(fields[7]),
            Whole(fields[8]),
            (int)Whole(fields[9]),
            fields.Length == FixedFields ? [] : fields[FixedFields..]);
    }

    /// <summary>Null for what is no message of this store: anybody may publish on the channel.</summary>
    public static SeatState? FromMessage(string? message, SeatState? last) =>
        message?.Split('\n') is { Length: >= FixedFields } fields ? Parse(fields, last) : null;

    /// <summary>
    /// How many of the waiting try before <paramref name="candidate"/>. One who is not among the first tries somewhere
    /// behind those who were before it when it last asked; all at one place would be a rush once the first are dead.
    /// </summary>
    public int RankOf(string candidate, int whenAsked)
    {
        var rank = Array.IndexOf(Line, candidate);
        if (rank >= 0)
            return rank;
        var before = Math.Max(Line.Length, whenAsked);
        var behind = (uint)Math.Max(1, Waiting - before);
        // Not the hash of the runtime: that is another one in each process, and a simulation could not be replayed.
        return before + (int)(candidate.Aggregate(0u, static (hash, letter) => (hash * 31) + letter) % behind);
    }

    public Sighting ToSighting(long endsAt)
    {
        if (Kind != SeatKind.Held)
            return new Sighting(null, endsAt, WasReleased);
        var id = Candidate(Holder);
        return new Sighting(new Leader(id.NodeId, id.Incarnation, Address, Token, Since), endsAt);
    }

    /// <summary>Node ids hold no <c>#</c>; an incarnation may.</summary>
    public static CandidateId Candidate(string name)
    {
        var end = name.IndexOf('#', StringComparison.Ordinal);
        return end < 0 ? new CandidateId(name, string.Empty) : new CandidateId(name[..end], name[(end + 1)..]);
    }

    private static string Kept(string text, string? last) => text == last ? last : text;

    private static long Whole(string field) =>
        long.TryParse(field, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
