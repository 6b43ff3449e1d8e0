using System.Globalization;

namespace AspireElection.Stores.Etcd;

/// <summary>The newest term that may write.</summary>
/// <param name="Token">Its fencing token.</param>
/// <param name="Holder">Whose it is.</param>
internal readonly record struct Fence(long Token, CandidateId Holder)
{
    /// <summary>
    /// The term that named this one as its successor, until this one writes: its words of farewell may still be on their
    /// way, and nothing else of it may write.
    /// </summary>
    public (long Token, CandidateId Holder)? Before { get; init; }

    /// <summary>Nothing where there is none.</summary>
    public static Fence? Parse(string? text)
    {
        if (text?.Split('\n', 2) is not [var newest, .. var older] || One(newest) is not { } own)
            return null;
        return new Fence(own.Token, own.Holder) { Before = older is [var before] ? One(before) : null };
    }

    /// <summary>Whether a term may not write any more: a newer one has, or an equal one of another holder.</summary>
    public bool Refuses(Term term) => Token > term.Token || (Token == term.Token && Holder != term.Candidate);

    /// <summary>Whether a term that may not write any more may still say farewell.</summary>
    public bool Follows(Term term) => Before is { } before && before.Token == term.Token && before.Holder == term.Candidate;

    public override string ToString() => Before is { } before ? $"{Text(Token, Holder)}\n{Text(before.Token, before.Holder)}" : Text(Token, Holder);

    private static (long Token, CandidateId Holder)? One(string text) =>
        text.Split(':', 2) is [var token, var holder] && holder.Split('#', 2) is [var node, var incarnation] &&
        long.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (number, new CandidateId(node, incarnation))
            : null;

    private static string Text(long token, CandidateId holder) => string.Create(CultureInfo.InvariantCulture, $"{token}:{holder}");
}
