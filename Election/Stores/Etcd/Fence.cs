using System.Globalization;

namespace AspireElection.Stores.Etcd;

/// <summary>The newest term that may write.</summary>
internal readonly record struct Fence(long Token, CandidateId Holder)
{
    /// <summary>Nothing where there is none.</summary>
    public static Fence? Parse(string? text) =>
        text?.Split(':', 2) is [var token, var holder] && holder.Split('#', 2) is [var node, var incarnation] &&
        long.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new Fence(number, new CandidateId(node, incarnation))
            : null;

    /// <summary>Whether a term may not write any more: a newer one has, or an equal one of another holder.</summary>
    public bool Refuses(Term term) => Token > term.Token || (Token == term.Token && Holder != term.Candidate);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Token}:{Holder}");
}
