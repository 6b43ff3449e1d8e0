using AspireElection.Stores.Tests.Etcd;
using AspireElection.Tests.Mistakes;

namespace AspireElection.Stores.Tests.Mistakes;

/// <summary>What clients of etcd get wrong, put into this one.</summary>
internal static class EtcdMistakes
{
    private const string Store = "Stores/Etcd/";

    private static readonly Edit s_deaf = new(Store + "HeldSeat.cs", "_ = _deleted.CancelAsync();", "");

    public static IReadOnlyList<StoreMistake> All { get; } =
    [
        new(new("a kept lease is a held seat", "the key of a lease that is kept may have been deleted",
                s_deaf, new Edit(Store + "HeldSeat.cs", "look.Keys.Any(k => k.Key == _record.Key && k.Created == _record.Created)", "(look.Revision > 0)")),
            Leases("A_deleted_key_is_lost_although_its_lease_is_kept")),
        new(new("a key of the same name is the same key", "somebody put it again, and others may have led meanwhile",
                s_deaf, new Edit(Store + "HeldSeat.cs", "k.Created == _record.Created", "k.Created > 0")),
            Leases("A_key_that_somebody_put_again_is_not_the_one_that_was_granted")),
        new(new("a key that is gone is a leader that is gone", "somebody deleted it, and its holder still trusts",
                new Edit(Store + "EtcdLease.cs", "\"TTL\") >= 0", "\"TTL\") > long.MaxValue - 1")),
            Leases("Who_is_next_after_a_deleted_key_waits_while_its_holder_may_trust")),
        new(new("a lease in its last second is gone", "its TTL of 0 is left out of the answer",
                new Edit(Store + "EtcdLease.cs", "\"TTL\") >= 0", "\"TTL\") > 0")),
            Leases("Who_is_next_after_a_deleted_key_waits_while_its_holder_may_trust")),
        new(new("a lease as the server likes it", "etcd grants 2 s for 1 s, and a dead leader is followed a lease later than was asked for",
                new Edit(Store + "EtcdLease.cs", "if (granted <= seconds)", "if (granted > 0)")),
            Leases("A_lease_below_what_the_server_grants_is_refused_and_names_its_least")),
        new(new("an empty seat is a free one", "a wiped server hands out a seat that somebody trusts in",
                new Edit(Store + "FirstInLine.cs", "is { } until)", "is { } until && until < 0)")),
            Loses("Over_a_restart_into_nothing_tokens_grow_and_who_was_told_an_end_keeps_to_it")),
        new(new("whoever is better goes ahead", "a foreign candidate, which knows no priority, waits for ever",
                new Edit(Store + "FirstInLine.cs", ".TakeWhile(p => p.Candidate is not null)", "")),
            Lines("A_better_one_behind_a_foreign_candidate_is_not_made_way_for")),
        new(new("whoever came first leads", "priorities count for nothing in the line",
                new Edit(Store + "FirstInLine.cs", "p.Priority > candidacy.Priority)", "p.Priority > int.MaxValue - 1)")),
            Lines("Whoever_is_first_makes_way_for_a_better_one_without_a_term")),
        new(new("who is next follows whoever waits", "a better one that stood in line meanwhile is passed over",
                new Edit(Store + "Standing.cs", ".IfAllBelow(EtcdKeys.Line(candidacy.Election), Place.Above(candidacy.Priority))", "")),
            Lines("Whoever_is_first_makes_way_for_a_better_one_without_a_term")),
        new(new("a keep-alive proves itself", "a stuck member that was etcd's leader answers it, and the lease ends",
                new Edit(Store + "Answer.cs", "Term >= done.Term", "Term > 0")),
            new Fact(typeof(KeptBesideTests), "A_keep_alive_beside_a_write_counts_where_its_member_was_not_behind")),
        new(new("everybody watches the leader", "a vacancy makes every node rush at once",
                new Edit(Store + "Standing.cs", "look.Line.LastOrDefault(p", "look.Line.FirstOrDefault(p")),
            Lines("A_release_wakes_the_next_in_line_and_nobody_else")),
        new(new("waiters keep their leases as leaders do", "five requests a lease of each idle follower",
                new Edit(Store + "Standing.cs", "candidacy.LeaseDuration * 0.6", "candidacy.LeaseDuration * 0.2")),
            Idles("An_idle_follower_sends_three_requests_a_lease_at_most_its_presence_included")),
        new(new("trust from before the wait", "the anchor is the keep-alive of a waiter",
                new Edit(Store + "Standing.cs", "_keptAt = answer.SentAt;", "GC.KeepAlive(answer.Json.ToString());"),
                new Edit(Store + "Standing.cs", "_keptAt = Math.Min(answer.SentAt, beside.SentAt);", "GC.KeepAlive(beside.SentAt);")),
            Conforms("A_grant_after_waiting_is_anchored_after_the_release")),
        new(new("a token that forgets what was seen", "a restored server gives an old number again",
                new Edit(Store + "Standing.cs", "candidacy.HighestToken, calls", "0, calls")),
            Conforms("A_token_is_above_the_highest_that_the_candidate_has_seen_and_the_next_above_that")),
        new(new("a name is a place", "who stood there and stands there anew has given up what was named",
                new Edit(Store + "HandOver.cs", "\n            .IfCreated(named.Key, named.Created);", ";")),
            Names("Nobody_is_named_by_a_term_that_is_over_or_at_a_place_that_is_another_now")),
        new(new("a term that is over names the next", "its leader was frozen, and another leads",
                new Edit(Store + "HandOver.cs", "\n            .IfValue(EtcdKeys.Term(election), record.ToString())\n            .IfCreated(named", "\n            .IfCreated(named")),
            Names("Nobody_is_named_by_a_term_that_is_over_or_at_a_place_that_is_another_now")),
        new(new("a leader without its key names the next", "who stands first in the line takes the seat as well",
                new Edit(Store + "HandOver.cs", "\n            .IfCreated(record.Key, record.Created)\n            .IfValue(EtcdKeys.Term(election), record.ToString())\n            .IfCreated(named", "\n            .IfValue(EtcdKeys.Term(election), record.ToString())\n            .IfCreated(named")),
            Names("A_seat_whose_leader_lost_its_key_is_given_to_nobody")),
        new(new("whoever is known to be best is best", "a better one came that the leader was not told of",
                new Edit(Store + "HandOver.cs", "step.IfAllBelow(first, end, above)", "step.IfAllBelow(first, end, \"~\")")),
            Names("A_better_one_that_the_leader_has_not_heard_of_is_not_passed_over")),
        new(new("whoever is known to be next is next", "an older one came that the leader was not told of, and waits for a lease",
                new Edit(Store + "HandOver.cs", ".IfNoneOlder(first, end, named.Created)", "")),
            Names("An_older_one_that_the_leader_has_not_heard_of_is_not_passed_over")),
        new(new("whoever follows the last term was next", "two lead when the first in line has waited for the other's lease",
                new Edit(Store + "Standing.cs", "\n            .IfNoneOlder(EtcdKeys.Line(candidacy.Election), EtcdKeys.EndOf(EtcdKeys.Line(candidacy.Election)), _created)", "")),
            Names("Who_follows_a_term_that_was_given_back_is_the_first_in_the_line")),
        new(new("where nobody was nobody is", "a better one came whose key is before the leader's",
                new Edit(Store + "HandOver.cs", "step.IfNone(first, end);", "GC.KeepAlive(end);")),
            Names("A_better_one_that_the_leader_has_not_heard_of_is_not_passed_over")),
        new(new("a token from somebody who forgot", "who is named has seen a higher one",
                new Edit(Store + "Standing.cs", "look.Term!.Token > candidacy.HighestTokenOfOthers && ", "")),
            Names("Who_has_seen_a_higher_token_than_the_one_it_is_given_takes_a_higher_one")),
        new(new("who is named need not wait", "of a term from before a loss of the data only it knows",
                new Edit(Store + "Standing.cs", " && _first.MayFollow(look.Term)", "")),
            Names("Who_is_named_over_a_term_that_may_be_trusted_in_still_waits_for_its_end")),
        new(new("last words about everything", "a job's state is overwritten by who led before",
                new Edit(Store + "EtcdLedger.cs", "!(isFarewell && newer.Follows(term))", "!newer.Follows(term)")),
            Names("The_last_words_of_who_named_a_successor_are_kept_and_nothing_else")),
        new(new("a release that says nothing", "who knew the term cannot tell its release from a loss",
                new Edit(Store + "HandOver.cs", "Released = true", "Released = false")),
            Conforms("An_observer_is_told_the_present_state_then_release_and_next_leader")),
        new(new("a fence without the holder", "over a wipe two terms of one number both write",
                new Edit(Store + "Fence.cs", " || (Token == term.Token && Holder != term.Candidate)", "")),
            Conforms("An_equal_token_of_another_holder_is_refused")),
        new(new("always the first endpoint", "one member that hangs is the end of the election",
                new Edit(Store + "EtcdCalls.cs", "_current = (member + 1) % _options.Endpoints.Count;", "_current = member;")),
            Loses("The_next_endpoint_is_asked_where_one_refuses_and_where_one_hangs")),
        new(new("a token for ever", "etcd forgets them when it restarts, and after five minutes",
                new Edit(Store + "EtcdGateway.cs", "refused.WantsNewToken", "refused.WantsNewToken && attempt == 0")),
            new Fact(typeof(TroubleTests), "Users_and_passwords")),
    ];

    private static Fact Conforms(string method) => new(typeof(EtcdConformance), method);

    private static Fact Leases(string method) => new(typeof(LeaseTests), method);

    private static Fact Lines(string method) => new(typeof(LineTests), method);

    private static Fact Names(string method) => new(typeof(NamingTests), method);

    private static Fact Loses(string method) => new(typeof(LossTests), method);

    private static Fact Idles(string method) => new(typeof(IdleTests), method);
}
