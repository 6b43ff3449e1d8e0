using AspireElection.Stores.Tests.Redis;
using AspireElection.Tests.Mistakes;

namespace AspireElection.Stores.Tests.Mistakes;

/// <summary>What other lock and leader libraries on Redis do, put into the scripts of this one.</summary>
internal static class RedisMistakes
{
    private const string Scripts = "Stores/Redis/Scripts/";
    private const string Exact = "if redis.call('GET', seat) ~= token .. ':' .. me then return 0 end";
    private const string Whoever = "if not redis.call('GET', seat) then return 0 end";
    private const string HolderOnly = "if string.match(redis.call('GET', seat) or '', ':(.*)$') ~= me then return 0 end";

    /// <summary>Those that show by nothing happening, which takes as long as the facts' own bounds.</summary>
    public static IReadOnlyList<StoreMistake> ThatHang { get; } =
    [
        new(new("a seat without an end", "SETNX and then EXPIRE, with a crash in between: nobody leads until somebody deletes the key",
                new Edit(Scripts + "Acquire.lua", "'NX', 'PX', lease)", "'NX')"),
                // Else whoever waits next gives the seat an end.
                new Edit(Scripts + "Acquire.lua", "if held and redis.call('PTTL', seat) < 0", "if false")),
            Conforms("A_silent_leader_keeps_its_seat_for_the_lease_and_loses_it_then")),
    ];

    public static IReadOnlyList<StoreMistake> All { get; } =
    [
        new(new("renew without comparing the holder", "Oban: the renewal matched any row, two led for 19 days",
                new Edit(Scripts + "Renew.lua", Exact, Whoever)),
            Conforms("The_same_token_of_another_candidate_can_neither_renew_nor_release")),
        new(new("renew without comparing the term", "River before its rewrite: a past leader believed that it kept winning",
                new Edit(Scripts + "Renew.lua", Exact, HolderOnly)),
            Conforms("Another_token_of_the_holder_can_neither_renew_nor_release")),
        new(new("release of whatever is there", "a plain DEL, as in most hand-written Redis locks",
                new Edit(Scripts + "Release.lua", Exact, Whoever)),
            Conforms("A_second_release_does_not_free_the_seat_of_the_next")),
        new(new("release by holder only", "an old term of a node frees the seat of its newer one",
                new Edit(Scripts + "Release.lua", Exact, HolderOnly)),
            Conforms("An_older_term_of_the_same_candidate_can_neither_renew_nor_release_the_newer")),
        new(new("SET without NX", "an older form of the file lease: look first, take then, and overwrite who was quicker",
                new Edit(Scripts + "Acquire.lua", "if over and (mine or not held) then", "if over then"),
                new Edit(Scripts + "Acquire.lua", "token .. ':' .. me, 'NX', 'PX', lease)", "token .. ':' .. me, 'PX', lease)")),
            Conforms("A_second_candidate_waits_while_the_leader_renews_and_until_the_end_of_its_last_renewal")),
        new(new("token from a counter alone", "a wiped counter begins at 1 again, and old writers pass the fence",
                new Edit(Scripts + "Acquire.lua", "math.max(stored + 1, fenced + 1, tonumber(seen) + 1, tonumber(orphan) + 1, now)", "stored + 1")),
            Conforms("Tokens_grow_over_a_store_that_lost_its_data")),
        new(new("token from the clock alone", "a server whose clock is behind hands out a token that was used",
                new Edit(Scripts + "Acquire.lua", "math.max(stored + 1, fenced + 1, tonumber(seen) + 1, tonumber(orphan) + 1, now)", "now")),
            Conforms("A_token_is_above_the_highest_that_the_candidate_has_seen_and_the_next_above_that")),
        new(new("token not raised above the highest seen", "section 0 of the rules: over a wipe only a candidate remembers",
                new Edit(Scripts + "Acquire.lua", "tonumber(seen) + 1, ", "")),
            Conforms("A_token_is_above_the_highest_that_the_candidate_has_seen_and_the_next_above_that")),
        new(new("token kept in one record", "the one record may have been evicted",
                new Edit(Scripts + "Acquire.lua", "fenced + 1, ", "")),
            Loses("Over_an_evicted_record_tokens_grow")),
        new(new("numbers through tostring", "Lua writes 1.79e+15 for a token of today",
                new Edit(Scripts + "Seat.lua", "return string.format('%.0f', number)", "return tostring(number)")),
            Conforms("A_free_seat_is_granted_at_once_and_anchored_at_the_request")),
        new(new("a known term forgotten over a wipe", "a wiped store hands out a seat that somebody still trusts in",
                new Edit(Scripts + "Acquire.lua", "then over = false end", "then over = true end")),
            Conforms("A_seat_known_to_be_held_is_not_taken_before_its_end_from_a_store_that_lost_its_data")),
        new(new("a turn proves the end of all terms", "over a wipe the seat was given back by somebody who knew nothing",
                new Edit(Scripts + "Acquire.lua", "if over and (mine or not held) then", "if mine or (over and not held) then")),
            Loses("Over_a_wipe_a_turn_is_no_proof_that_an_earlier_term_has_ended")),
        new(new("anchored before a wait", "the wait lasted a minute, so trust ended before it began; or the anchor is mended by a guess",
                new Edit("Stores/Redis/Standing.cs", "var sentAt = clock.GetTimestamp();", "var sentAt = _firstSentAt == 0 ? _firstSentAt = clock.GetTimestamp() : _firstSentAt;"),
                new Edit("Stores/Redis/Standing.cs", "private bool _granted;", "private bool _granted; private long _firstSentAt;")),
            Conforms("A_grant_after_waiting_is_anchored_after_the_release")),
        new(new("hand-over to everyone", "a vacancy makes every node rush at once",
                new Edit(Scripts + "Seat.lua", "    if redis.call('PUBLISH', prefix .. 'turn:' .. best, '') > 0 then",
                    "    for _, each in ipairs(redis.call('ZRANGE', line, 0, -1)) do redis.call('PUBLISH', prefix .. 'turn:' .. each, '') end\n"
                    + "    if redis.call('PUBLISH', prefix .. 'turn:' .. best, '') > 0 then")),
            HandsOver("A_release_wakes_one_of_fifty_waiters_at_the_cost_of_two_requests")),
        new(new("hand-over without a reservation", "a newcomer, or a worse waiter, is quicker than the successor",
                new Edit(Scripts + "Seat.lua", "redis.call('SET', seat, 'reserved:' .. best, 'PX', grace)", "redis.call('DEL', seat)")),
            HandsOver("A_successor_that_does_not_take_its_turn_loses_it_after_the_grace")),
        new(new("hand-over to the dead", "each dead waiter ahead costs the living a grace",
                new Edit(Scripts + "Seat.lua", "best, '') > 0 then", "best, '') >= 0 then")),
            HandsOver("A_dead_successor_is_passed_over_within_the_release")),
        new(new("a fence that compares text", "'9' is above '10'",
                new Edit(Scripts + "Fence.lua", "tonumber(newest) > tonumber(token)", "newest > token")),
            Conforms("A_successor_reads_all_and_replaces_what_it_writes")),
        new(new("a fence without the holder", "over a wipe two terms of one number both write",
                new Edit(Scripts + "Fence.lua", " or (newest == token and writer ~= holder)", "")),
            Conforms("An_equal_token_of_another_holder_is_refused")),
        new(new("a fence that forgets", "it compares, and keeps only the first token",
                new Edit(Scripts + "Fence.lua", "  redis.call('SET', fence, token .. ':' .. holder)", "  redis.call('SETNX', fence, token .. ':' .. holder)")),
            Conforms("An_older_term_is_refused_once_a_newer_has_written_and_changes_nothing")),
    ];

    private static Fact Conforms(string method) => new(typeof(RedisConformance), method);

    private static Fact HandsOver(string method) => new(typeof(HandOverTests), method);

    private static Fact Loses(string method) => new(typeof(LossTests), method);
}
