using AspireElection.Tests.Mistakes;

namespace AspireElection.Tests.Stores.Quorum.Histories;

/// <summary>What wrong implementations of Raft do, put into this one: each must be noticed by a checker of the histories.</summary>
internal static class RaftMistakes
{
    private const string Folder = "Stores/Quorum/Protocol/";
    private const string State = Folder + "RaftState.cs";
    private const string Elections = Folder + "RaftState.Elections.cs";
    private const string Leading = Folder + "RaftState.Leading.cs";
    private const string Following = Folder + "RaftState.Following.cs";
    private const string Replication = Folder + "RaftState.Replication.cs";
    private const string Promise = Folder + "LeasePromise.cs";
    private const string Log = Folder + "RaftLog.cs";

    public static IReadOnlyList<Mistake> All { get; } =
    [
        // Votes.
        new("two votes in a term", "figure 2: votedFor is null or the candidate",
            new Edit(Elections, "(_vote is null ? Leader is null : _vote == request.From)", "true")),
        new("the vote is not stored", "figure 2: votedFor is persistent; a restarted voter votes again",
            new Edit(State, "new HardState(Term, _vote, ", "new HardState(Term, null, ")),
        new("the term is not stored", "figure 2: currentTerm is persistent",
            new Edit(State, "new HardState(Term, _vote, ", "new HardState(0, _vote, "),
            new Edit(State, "Math.Max(restored.HardState?.Term ?? 0, _log.LastTerm)", "_log.LastTerm")),
        new("half is a majority", "section 5.2, with an even number of voters",
            new Edit(Folder + "Campaign.cs", "_granted.Count > eligible.Count / 2", "_granted.Count >= (eligible.Count + 1) / 2")),
        new("votes of an earlier term count", "section 5.2: votes for this term",
            new Edit(Elections, "(answer.Granted && answer.Term != Term)", "Role != RaftRole.Candidate")),
        new("no check of the candidate's log", "section 5.4.1: leaders without committed entries",
            new Edit(Log, "lastTerm > LastTerm || (lastTerm == LastTerm && lastIndex >= LastIndex)", "lastTerm >= 0 && lastIndex >= 0")),
        new("the longer log is the better one", "section 5.4.1: the term of the last entry comes first",
            new Edit(Log, "lastTerm > LastTerm || (lastTerm == LastTerm && lastIndex >= LastIndex)", "lastTerm >= 0 && lastIndex >= LastIndex")),

        // Log.
        new("an append is not checked", "section 5.3: the entry before must match",
            new Edit(Following, "var matched = append.PrevIndex < _log.SnapshotIndex || _log.TermAt(append.PrevIndex) == append.PrevTerm;", "var matched = append.PrevIndex <= LastIndex;")),
        new("a matching append cuts the log", "figure 2: only a conflict deletes; an overtaken append takes back what was answered",
            new Edit(Following, "            if (term == entry.Term)\n                continue;\n", string.Empty)),
        new("a leader of the past is followed", "figure 2: reply false if term < currentTerm",
            new Edit(Following, "if (message.Term < Term)", "if (message.Term + 1 < Term)")),
        new("all is committed that the leader committed", "figure 2: the index of the last new entry bounds it",
            new Edit(Following, "Math.Min(append.Commit, append.PrevIndex + append.Entries.Count)", "Math.Min(append.Commit, LastIndex)")),
        new("replicas of an older term are counted", "figure 8",
            new Edit(Replication, "index > Commit && _log.TermAt(index) == Term;", "index > Commit;")),
        new("committed by all but a majority", "section 5.3",
            new Edit(Replication, "if (have < _eligibility.Majority)", "if (have < _eligibility.Majority - 1)")),
        new("a snapshot leaves a log that does not continue it", "figure 13, step 7",
            new Edit(Log, "var continues = TermAt(snapshot.Index) == snapshot.Term;", "var continues = TermAt(snapshot.Index) is not null;")),

        // Leases.
        new("the lease is ignored by voters", "thesis, section 6.4.1: a leader that trusts while another is elected",
            new Edit(Elections, "var bound = _promise.HoldsAt(now);", "const bool bound = false;"),
            new Edit(Elections, " && !_promise.HoldsAt(now) && _seat is null;", " && _seat is null;")),
        new("a restarted voter votes at once", "it has forgotten that it heard a leader",
            new Edit(Promise, "longest > TimeSpan.Zero ? now + longest : TimeSpan.MinValue", "TimeSpan.MinValue")),
        new("the promise is not stored", "as above, where the length of the lease is forgotten",
            new Edit(State, "_promise.Longest)", "TimeSpan.Zero)")),
        new("a voter keeps its own lease, not the leader's", "leases of different lengths",
            new Edit(Promise, "var until = now + lease;", "lease = TimeSpan.FromMilliseconds(600);\n        var until = now + lease;")),
        new("a confirmation counts for any round", "a late answer to an old round confirms the newest",
            new Edit(Folder + "Rounds.cs", "_open.Find(r => r.Number == number)", "_open.LastOrDefault()")),
        new("trust counts from the answer", "a slow majority stretches the lease",
            new Edit(Leading, "new RoundConfirmed(Term, round.Number, round.SentAt, round.Lease)", "new RoundConfirmed(Term, round.Number, now, round.Lease)")),
        new("elected from the answer on", "a slow election stretches the lease",
            new Edit(Leading, "new Elected(Term, anchor, ", "new Elected(Term, now, ")),
        new("a late release frees a later lease", "a delayed message of a leader of the past",
            new Edit(Promise, "        if (Term <= term)\n", string.Empty)),
        new("every campaign claims a transfer", "disrupts a leader that lives",
            new Edit(Elections, "_log.LastIndex, _log.LastTerm, transfer)", "_log.LastIndex, _log.LastTerm, true)"),
            new Edit(Elections, " && !_promise.HoldsAt(now) && _seat is null;", " && _seat is null;")),
        new("who gave the seat back goes on", "thesis, section 3.10: its successor may be elected already",
            new Edit(Leading, "if (_seat is not { Releasing: false } seat || seat.Term != term)", "if (_seat is not { } seat || seat.Term != term)")),
        new("read without a round", "section 8: a leader that is deposed answers with old data",
            new Edit(Leading, "round.Confirmed.Count(_eligibility.Has) < _eligibility.Majority)", "round.Confirmed.Count(_eligibility.Has) < _eligibility.Majority && round.Lease > TimeSpan.Zero)")),
    ];
}
