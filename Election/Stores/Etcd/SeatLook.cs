using System.Text.Json.Nodes;

namespace AspireElection.Stores.Etcd;

/// <summary>The seat at one revision of the store.</summary>
/// <param name="Revision">Of the store.</param>
/// <param name="AskedAt">When it was asked for, as a timestamp.</param>
/// <param name="Term">The last term; null before the first.</param>
/// <param name="TermModified">In which revision the term was written.</param>
/// <param name="Line">The line in its order, or only the first in it.</param>
internal sealed record SeatLook(long Revision, long AskedAt, TermRecord? Term, long TermModified, IReadOnlyList<Place> Line)
{
    public Place? First => Line.Count > 0 ? Line[0] : null;

    /// <summary>Two operations, to be the last of a step that reads the seat as well.</summary>
    /// <param name="election">Whose seat.</param>
    /// <param name="first">How many of the line, from its beginning on; 0 for all.</param>
    public static JsonObject[] Operations(string election, int first = 0) =>
        [Txn.GetInOrder(EtcdKeys.Line(election), first), Txn.Get(EtcdKeys.Term(election))];

    /// <param name="answer">Of the step.</param>
    /// <param name="at">Where in it the two operations are.</param>
    public static SeatLook Of(Answer answer, int at)
    {
        var term = answer.KeysOf(at + 1).FirstOrDefault();
        return new SeatLook(
            answer.Revision,
            answer.SentAt,
            TermRecord.Parse(term.Value ?? string.Empty),
            term.Modified,
            [.. answer.KeysOf(at).Select(Place.Of)]);
    }
}
