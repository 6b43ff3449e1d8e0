namespace AspireElection.Stores.Quorum.Protocol;

/// <summary>What peers send to each other. May be lost, delayed, doubled and overtaken; never forged (the driver sees to it).</summary>
/// <param name="From">Sender.</param>
/// <param name="To">Receiver.</param>
/// <param name="Term">The sender's term; the term asked for in <see cref="PreVoteRequest"/> and in a <see cref="PreVoteAnswer"/> that grants.</param>
internal abstract record RaftMessage(string From, string To, long Term)
{
    /// <summary>The priority with which a candidacy waits at the sender; null when none does or the sender is not eligible.</summary>
    public int? Standing { get; init; }

    /// <summary>Of the node that stands there; empty when none does.</summary>
    public string StandingName { get; init; } = string.Empty;
}

/// <summary>Would you vote for me? (thesis, section 9.6)</summary>
/// <param name="From">Sender.</param>
/// <param name="To">Receiver.</param>
/// <param name="Term">The term that the sender would campaign in: its own plus one.</param>
/// <param name="Campaign">Tells the answers to this campaign from late ones to an earlier campaign for the same term.</param>
/// <param name="LastIndex">Index of the sender's last entry.</param>
/// <param name="LastTerm">Term of the sender's last entry.</param>
internal sealed record PreVoteRequest(string From, string To, long Term, long Campaign, long LastIndex, long LastTerm)
    : RaftMessage(From, To, Term);

/// <summary>Answer to <see cref="PreVoteRequest"/>; binds nobody.</summary>
internal sealed record PreVoteAnswer(string From, string To, long Term, long Campaign, bool Granted)
    : RaftMessage(From, To, Term);

/// <summary>Vote for me.</summary>
/// <param name="From">Sender.</param>
/// <param name="To">Receiver.</param>
/// <param name="Term">The term that the sender campaigns in.</param>
/// <param name="LastIndex">Index of the sender's last entry.</param>
/// <param name="LastTerm">Term of the sender's last entry.</param>
/// <param name="Released">The latest term that the sender knows to have been given back: no lease of it or of an older one is to be waited for. Below zero for none.</param>
internal sealed record VoteRequest(string From, string To, long Term, long LastIndex, long LastTerm, long Released)
    : RaftMessage(From, To, Term);

/// <summary>Answer to <see cref="VoteRequest"/>.</summary>
internal sealed record VoteAnswer(string From, string To, long Term, bool Granted)
    : RaftMessage(From, To, Term);

/// <summary>Who waits for the seat, as far as the leader knows.</summary>
internal sealed record Stander(string Id, int Priority)
{
    /// <summary>Of the node that waits there.</summary>
    public string Name { get; init; } = string.Empty;
}

/// <summary>Tells the leader that a candidacy waits here now, or none any more: between heartbeats nothing else would.</summary>
internal sealed record Waits(string From, string To, long Term)
    : RaftMessage(From, To, Term);

/// <summary>Entries for a follower, a heartbeat, or both.</summary>
/// <param name="From">The leader.</param>
/// <param name="To">Receiver.</param>
/// <param name="Term">The leader's term.</param>
/// <param name="PrevIndex">Index of the entry before <paramref name="Entries"/>.</param>
/// <param name="PrevTerm">Its term.</param>
/// <param name="Entries">May be empty.</param>
/// <param name="Commit">The leader's commit index.</param>
/// <param name="Round">Number of the heartbeat round that this message belongs to; 0 for none.</param>
/// <param name="Lease">For how long the receiver promises to vote for nobody else, from when it receives this; zero for no promise.</param>
/// <param name="Line">Who waits for the seat; empty where <paramref name="Lease"/> is zero.</param>
internal sealed record Append(
    string From,
    string To,
    long Term,
    long PrevIndex,
    long PrevTerm,
    IReadOnlyList<LogEntry> Entries,
    long Commit,
    long Round,
    TimeSpan Lease,
    IReadOnlyList<Stander> Line)
    : RaftMessage(From, To, Term);

/// <summary>Answer to <see cref="Append"/> and to <see cref="InstallSnapshot"/>.</summary>
/// <param name="From">Sender.</param>
/// <param name="To">Receiver.</param>
/// <param name="Term">The sender's term; a higher one than asked with is all that counts of this answer.</param>
/// <param name="Matched">Whether the entry before the sent ones was found.</param>
/// <param name="Match">If so, up to where the log is known to be the leader's.</param>
/// <param name="Previous">The <see cref="Append.PrevIndex"/> that this answers.</param>
/// <param name="Hint">If not, the last index at which both logs may still be the same.</param>
/// <param name="Round">The <see cref="Append.Round"/> that this answers.</param>
internal sealed record AppendAnswer(
    string From, string To, long Term, bool Matched, long Match, long Previous, long Hint, long Round)
    : RaftMessage(From, To, Term);

/// <summary>The leader's snapshot, for a follower that needs entries which the leader no longer has.</summary>
internal sealed record InstallSnapshot(string From, string To, long Term, Snapshot Snapshot)
    : RaftMessage(From, To, Term);

/// <summary>Campaign now: the leader of this term is one no more (thesis, section 3.10).</summary>
internal sealed record TimeoutNow(string From, string To, long Term)
    : RaftMessage(From, To, Term);

/// <summary>The leader of this term gave the seat back: no lease of it is to be waited for.</summary>
internal sealed record SeatReleased(string From, string To, long Term)
    : RaftMessage(From, To, Term);
