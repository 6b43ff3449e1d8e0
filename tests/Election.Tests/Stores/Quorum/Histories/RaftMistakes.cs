using AspireElection.Tests.Mistakes;
using AspireElection.Tests.Stores.Quorum.Paper;

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
    private const string Transfer = Folder + "RaftState.Transfer.cs";
    private const string Releases = Folder + "RaftState.Releases.cs";
    private const string Promise = Folder + "LeasePromise.cs";
    private const string Log = Folder + "RaftLog.cs";

    /// <summary>Those that each run tries.</summary>
    public static IEnumerable<Mistake> Few => All.Where(m => m.Name is
        "two votes in a term" or "the vote is not stored" or "no check of the candidate's log" or "a matching append cuts the log"
        or "replicas of an older term are counted" or "the lease is ignored by voters" or "a restarted voter votes at once"
        or "a snapshot leaves a log that does not continue it" or "who gave the seat back goes on" or "a late release frees a later lease");

    /// <summary>Rare in histories: a scenario shows them at once.</summary>
    public static IReadOnlyDictionary<string, (Type Tests, string Fact)> Scenarios { get; } = new Dictionary<string, (Type, string)>
    {
        ["the term is not stored"] = (typeof(VoteTests), nameof(VoteTests.A_vote_outlives_a_restart_and_is_stored_before_it_is_sent)),
        ["the vote is not stored"] = (typeof(VoteTests), nameof(VoteTests.A_vote_outlives_a_restart_and_is_stored_before_it_is_sent)),
        ["replicas of an older term are counted"] = (typeof(LogTests), nameof(LogTests.An_entry_of_an_earlier_term_is_not_committed_by_counting_it)),
        ["a late release frees a later lease"] = (typeof(ReleaseNewsTests), nameof(ReleaseNewsTests.A_late_release_does_not_end_a_later_lease)),
        ["elected from the answer on"] = (typeof(LeaseTests), nameof(LeaseTests.The_seat_is_held_from_the_sending_of_a_confirmed_round)),
        ["a restarted voter votes at once"] = (typeof(LeaseTests), nameof(LeaseTests.A_restarted_voter_gives_no_vote_for_a_full_lease)),
        ["the promise is not stored"] = (typeof(LeaseTests), nameof(LeaseTests.A_restarted_voter_gives_no_vote_for_a_full_lease)),
        ["trust counts from the answer"] = (typeof(LeaseTests), nameof(LeaseTests.A_round_is_confirmed_by_answers_to_this_very_round)),
        ["the released term is counted back"] = (typeof(TransferTests), nameof(TransferTests.A_campaign_that_skips_terms_claims_no_lease_of_those_to_be_over)),
        ["the next change does not wait for a lease"] = (typeof(EligibilityTests), nameof(EligibilityTests.The_next_change_waits_for_the_commit_of_the_one_before_and_for_a_lease_under_it)),
        ["a shorter lease takes a longer one back"] = (typeof(LeaseTests), nameof(LeaseTests.The_leaders_lease_counts_and_a_shorter_one_takes_nothing_back)),
        ["pre-votes of an earlier campaign count"] = (typeof(VoteTests), nameof(VoteTests.A_late_answer_to_an_earlier_campaign_for_the_same_term_does_not_count)),
        ["who stands does not say what was released"] = (typeof(ReleaseNewsTests), nameof(ReleaseNewsTests.A_release_that_was_not_heard_is_said_by_who_stands)),
        ["who is in a later term sleeps on"] = (typeof(ReleaseNewsTests), nameof(ReleaseNewsTests.A_release_of_a_term_below_the_own_wakes_who_was_bound_to_it)),
        ["a restart forgets what was released"] = (typeof(ReleaseNewsTests), nameof(ReleaseNewsTests.A_restarted_peer_knows_what_was_given_back_by_its_log)),
        ["a release is said for 3 s"] = (typeof(ReleaseNewsTests), nameof(ReleaseNewsTests.A_release_is_said_until_a_line_is_back)),
        ["a release is said once"] = (typeof(ReleaseNewsTests), nameof(ReleaseNewsTests.A_release_that_was_not_heard_is_said_again_until_somebody_leads)),
        ["a term that was won in vain binds its voters"] = (typeof(VainTermTests), nameof(VainTermTests.A_term_that_was_won_in_vain_binds_nobody)),
        ["a term that was lost binds its voters"] = (typeof(VainTermTests), nameof(VainTermTests.A_term_that_was_lost_binds_the_others_until_nobody_trusts_in_it)),
        ["a refusal cuts the campaign short"] = (typeof(TurnTests), nameof(TurnTests.A_refusal_does_not_cut_short_the_time_for_votes_that_are_under_way)),
        ["entries carry the lease"] = (typeof(LeaseTests), nameof(LeaseTests.Writes_do_not_keep_a_seat_that_nobody_renews)),
    };

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
            new Edit(Elections, " && !_promise.HoldsAt(now) && _seat is null && !HasForgotten;", " && _seat is null && !HasForgotten;")),
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
            new Edit(Elections, "Term, _log.LastIndex, _log.LastTerm, _promise.Released)", "Term, _log.LastIndex, _log.LastTerm, Term - 1)"),
            new Edit(Elections, " && !_promise.HoldsAt(now) && _seat is null && !HasForgotten;", " && _seat is null && !HasForgotten;")),
        new("the released term is counted back", "a term that is skipped may have a leader",
            new Edit(Elections, "HearRelease(now, request.Released);\n        var bound", "HearRelease(now, request.Term - 1);\n        var bound")),
        new("who gave the seat back goes on", "thesis, section 3.10: its successor may be elected already",
            new Edit(Leading, "if (_seat is not { Releasing: false } seat || seat.Term != term)", "if (_seat is not { } seat || seat.Term != term)")),
        new("a shorter lease takes a longer one back", "a renewal with another lease, or one that was overtaken",
            new Edit(Promise, "Until = until > Until ? until : Until;", "Until = until;")),
        new("entries carry the lease", "who writes but is not renewed keeps the seat for ever",
            new Edit(Replication, "SendAppend(now, seat, peer, 0, TimeSpan.Zero);\n        }\n    }\n\n    private void SendAppend", "Beat(now, Term, seat.Standing.Lease);\n        }\n    }\n\n    private void SendAppend")),
        new("the next change does not wait for a lease", "two changes within a lease: majorities that do not overlap",
            new Edit(Folder + "RaftState.Membership.cs", " || seat.CoveredEnd < seat.TrustEnd)", ")")),
        new("pre-votes of an earlier campaign count", "a voter may have heard a leader since",
            new Edit(Elections, "answer.Campaign == _campaign!.Number && _campaign.Count(", "_campaign!.Count(")),
        new("nobody stands for others", "the only candidate lacks a committed entry, the voter that has it does not stand",
            new Edit(Elections, "        if (free && !granted)\n            StandForOthers(now);\n", string.Empty)),
        new("who stands does not say what was released", "voters that did not hear of the release wait for the end of the lease",
            new Edit(Elections, "if (_promise.Released >= 0)", "if (_promise.Released > Term)")),
        new("who is in a later term sleeps on", "a release of the term that a peer is bound to, heard in a higher one",
            new Edit(Transfer, "else if (bound && Role == RaftRole.Follower)", "else if (term > Term)")),
        new("a restart forgets what was released", "whoever gave it back is restarted before anybody heard it",
            new Edit(State, ".Where(e => e.Kind == EntryKind.Released)", ".Where(e => e.Index < 0)")),
        new("a release is said for 3 s", "a line was down for longer",
            new Edit(Releases, "_repeatAt = now + _repeatPause > _repeatEnd ?", "_repeatAt = _repeatPause == LongestRepeatPause || now + _repeatPause > _repeatEnd ?")),
        new("a release is said once", "the only one that waits did not hear it, and waits for the end of the lease",
            new Edit(Transfer, "        RepeatReleased(now, seat.Standing.Lease);\n", string.Empty)),
        new("a term that was won in vain binds its voters", "a candidate of a higher term takes the seat and wins nothing",
            new Edit(Leading, "        else if (Leader is null)\n            TellReleased(now, seat.Term, seat.Standing.Lease);\n        else\n            _promise.Release(seat.Term);\n", string.Empty)),
        new("a term that was lost binds its voters", "the same, where the candidate was told that it leads",
            new Edit(Releases, "if (_lostTerm < 0 || _lostTerm != term)", "if (_lostTerm >= -1)")),
        new("a term is disowned as it is lost", "its candidate may still trust in it",
            new Edit(Leading, "if (seat is { Announced: true, Releasing: false })", "if (seat.Standing.Lease < TimeSpan.Zero)")),
        new("a refusal cuts the campaign short", "votes that are under way come when nobody counts them",
            new Edit(Elections, "        if (_campaign!.Count(answer.From, answer.Granted))\n", "        if (!answer.Granted)\n            _campaignAt = now + _settings.Slot;\n        if (_campaign!.Count(answer.From, answer.Granted))\n")),
        new("read without a round", "section 8: a leader that is deposed answers with old data",
            new Edit(Leading, "round.Confirmed.Count(_eligibility.Has) < _eligibility.Majority)", "round.Confirmed.Count(_eligibility.Has) < _eligibility.Majority && round.Lease > TimeSpan.Zero)")),
    ];
}
