namespace AspireElection.Stores.Quorum.Protocol;

/// <summary>What the driver is told beside messages and entries, in the order in which it happened.</summary>
internal abstract record RaftEvent;

/// <summary>This peer holds the seat: it won the term, and the term's first entry is committed.</summary>
/// <param name="Term">The fencing token.</param>
/// <param name="AnchoredAt">When the round was sent that a majority confirmed: trust counts from here.</param>
/// <param name="Holder">As given to <see cref="RaftState.Stand"/>; that candidacy no longer stands.</param>
internal sealed record Elected(long Term, TimeSpan AnchoredAt, byte[] Holder) : RaftEvent;

/// <summary>Why a leader is none any more.</summary>
internal enum LostBecause
{
    /// <summary>A peer answered with a higher term.</summary>
    HigherTerm,

    /// <summary>No round was confirmed for a whole lease: no majority in reach, or nobody asked for rounds.</summary>
    LeaseRanOut,

    /// <summary>Given back by <see cref="RaftState.Transfer"/>, or withdrawn before it was <see cref="Elected"/>.</summary>
    Released,
}

/// <summary>This peer no longer leads <paramref name="Term"/>; also told of a term that was never <see cref="Elected"/>.</summary>
internal sealed record Lost(long Term, LostBecause Because) : RaftEvent;

/// <summary>A majority of the eligible peers confirmed this very round.</summary>
/// <param name="Term">The leader's term.</param>
/// <param name="Round">As <see cref="RaftState.Beat"/> returned it.</param>
/// <param name="SentAt">When it was sent.</param>
/// <param name="Lease">What the majority promised; zero for a round that only confirms the leadership, for a read.</param>
internal sealed record RoundConfirmed(long Term, long Round, TimeSpan SentAt, TimeSpan Lease) : RaftEvent;

/// <summary>A heartbeat of a leader.</summary>
/// <param name="Term">Its term.</param>
/// <param name="Leader">Its id.</param>
/// <param name="Until">Until when it may keep the seat silently, on this peer's clock.</param>
internal sealed record LeaderSeen(long Term, string Leader, TimeSpan Until) : RaftEvent;

/// <summary>The leader of this term gave the seat back.</summary>
internal sealed record SeatVacated(long Term) : RaftEvent;

/// <summary>Too few eligible peers answer; told again when the number changes.</summary>
/// <param name="Reachable">How many answered, this one included.</param>
/// <param name="Eligible">Of how many.</param>
internal sealed record MajorityMissing(int Reachable, int Eligible) : RaftEvent;

/// <summary>The end of <see cref="MajorityMissing"/>.</summary>
internal sealed record MajorityBack : RaftEvent;
