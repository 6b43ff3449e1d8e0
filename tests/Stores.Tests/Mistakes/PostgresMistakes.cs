using AspireElection.Stores.Tests.Postgres;
using AspireElection.Tests.Mistakes;

namespace AspireElection.Stores.Tests.Mistakes;

/// <summary>What other advisory-lock elections do, put into the statements of this one.</summary>
internal static class PostgresMistakes
{
    private const string Term = "Stores/Postgres/TermStatement.cs";
    private const string Epoch = "Stores/Postgres/ServerEpoch.cs";
    private const string Seats = "Stores/Postgres/PostgresSeats.cs";
    private const string OnDisk = "A_term_is_on_disk_before_it_counts_where_another_would_not_be_outlasted_or_have_its_number";

    private static readonly Fact CrashOfABackend = new(typeof(RecoveryTests), "After_the_crash_of_a_backend_a_term_is_waited_out", [false]);

    /// <summary>Those that show by nothing happening, which takes as long as the facts' own bounds.</summary>
    public static IReadOnlyList<StoreMistake> ThatHang { get; } =
    [
        new(new("a silent session is kept", "LeaderElection.Postgres: a frozen leader has no successor at all",
                new Edit(Term, "set_config('idle_session_timeout', $7::text, false)", "set_config('idle_session_timeout', '0', false)")),
            Sessions("A_silent_session_is_ended_by_the_server_after_the_lease")),
        new(new("no read after a release that did not come", "the end of the session is noticed with the next renewal, a third of a lease later",
                new Edit("Stores/Postgres/HeldSeat.cs", "await _orders.Reader.WaitToReadAsync(limit.Token);", "await _orders.Reader.WaitToReadAsync(CancellationToken.None);")),
            Sessions("A_session_that_ends_when_a_release_was_said_to_be_near_and_does_not_come_is_noticed")),
        new(new("a promotion goes unnoticed", "the promoted server has the row of the term and not its lock",
                new Edit(Epoch, "left(pg_walfile_name(pg_current_wal_lsn()), 8)", "NULL"),
                new Edit(Epoch, "coalesce((SELECT mark FROM election_marker), gen_random_uuid())::text AS mark", "''::text AS mark"),
                new Edit(Epoch, "concat_ws('/', extract(epoch FROM pg_postmaster_start_time()),", "concat_ws('/', NULL,")),
            new Fact(typeof(RecoveryTests), "After_a_promotion_a_term_is_waited_out", [false])),
    ];

    public static IReadOnlyList<StoreMistake> All { get; } =
    [
        new(new("a granted lock taken without the term statement", "most advisory-lock libraries: the lock is all there is, no token, no better waiter",
                new Edit("Stores/Postgres/LineWait.cs", "else if (await TakeAsync() is { } grant)",
                    "else if (new Grant(new Term(candidacy.Election, candidacy.Id, candidacy.HighestToken + 1), clock.GetTimestamp()) is { } grant)")),
            Conforms("Tokens_grow_from_term_to_term")),
        new(new("no look for a better waiter", "priority only decides who comes first, and a lesser one that came earlier leads",
                new Edit(Term, " AND NOT EXISTS (SELECT FROM better)", "")),
            Lines("A_better_candidate_that_waits_goes_first_though_others_came_earlier")),
        new(new("no waiting out of a restart", "the lock is free 0.15 s after a crash, and the old leader still trusts in its lease",
                new Edit(Term, " AND NOT EXISTS (SELECT FROM outlast)", "")),
            CrashOfABackend),
        new(new("a restart known by the postmaster alone", "after the crash of a backend the locks are gone and the postmaster's start is the same",
                new Edit(Epoch, "coalesce((SELECT mark FROM election_marker), gen_random_uuid())::text AS mark", "''::text AS mark")),
            CrashOfABackend),
        new(new("a seat given back without a mark", "the next leader says that the one before was killed",
                new Edit("Stores/Postgres/ReleaseStatement.cs", "SET released_token = t.token", "SET released_token = t.released_token")),
            Graces("A_term_that_is_given_back_is_marked_for_who_comes_later")),
        new(new("an unlock that says nothing", "whoever follows before the mark says that the leader was killed",
                new Edit("Stores/Postgres/ReleaseStatement.cs", "SELECT set_config('application_name', {NameOf} $1::bigint, false), pg", "SELECT $1::bigint, pg")),
            Graces("The_next_in_line_is_told_that_a_term_was_given_back_before_that_is_marked")),
        new(new("a late mark of whatever term", "who follows is said to have given its seat back, and is not waited out after a restart",
                new Edit("Stores/Postgres/ReleaseStatement.cs", "WHERE l.election = $1 AND l.token = $2 AND l.node_id = $3 AND l.incarnation = $4", "WHERE l.election = $1 AND $2 > 0 AND $3 <> '' AND $4 <> ''")),
            Graces("The_next_in_line_is_told_that_a_term_was_given_back_before_that_is_marked")),
        new(new("a rehearsal that is no rehearsal", "each candidate leaves a row of an election that nobody stands in",
                new Edit("Stores/Postgres/LockSession.cs", "await RunAsync(\"ROLLBACK\");", "await RunAsync(\"COMMIT\");")),
            Graces("A_rehearsal_leaves_no_row")),
        new(new("a release is believed after a crash", "the term after it waited for no disk, and its leader still trusts in it",
                new Edit(Term, "split_part(last.server_epoch, '/', 3) <> server.mark\n                OR ", "")),
            Recovers("A_term_whose_row_a_crash_took_is_waited_out_though_the_one_before_was_released", false)),
        new(new("one's own term is no term to wait out", "somebody else may have led since, and a crash took the row",
                new Edit(Term, "split_part(last.server_epoch, '/', 3) <> server.mark\n                OR (last.token <> last.released_token AND last.incarnation <> $4)",
                    "(split_part(last.server_epoch, '/', 3) <> server.mark OR last.token <> last.released_token) AND last.incarnation <> $4")),
            Recovers("A_term_whose_row_a_crash_took_is_waited_out_though_the_one_before_was_released", true)),
        new(new("no longer lease waits for the disk", "what a crash takes lasts for longer than what it leaves says",
                new Edit(Term, "ON taken.token > greatest(last.token, $8) + 1 WHERE last.lease_ms >= $7)", "ON taken.token > greatest(last.token, $8) + 1)")),
            Recovers(OnDisk, false)),
        new(new("no number waits for the disk", "where it is not the time, the next number may be the same",
                new Edit(Term, "ON taken.token > greatest(last.token, $8) + 1 WHERE", "ON true WHERE")),
            Recovers(OnDisk, false)),
        new(new("whoever wants no durable commits gets none", "a crash takes the first term, and nobody waits it out",
                new Edit(Term, "WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'local', true) END", "END")),
            Recovers(OnDisk, true)),
        new(new("a lease made longer waits for no disk", "as above, for the term under way",
                new Edit("Stores/Postgres/TermMarks.cs", "SELECT set_config('synchronous_commit', 'local', true) WHERE current_setting('synchronous_commit') = 'off'", "SELECT set_config('synchronous_commit', 'off', true)")),
            Recovers(OnDisk, false)),
        new(new("a heartbeat that any backend may answer", "behind a pooler somebody else's session is given the lock",
                new Edit("Stores/Postgres/LockSession.cs", "(int)(await _beat.ExecuteScalarAsync(Aborted))! == _backend", "(int)(await _beat.ExecuteScalarAsync(Aborted))! > 0"),
                new Edit("Stores/Postgres/LockSession.cs", "            await session._beat.PrepareAsync(cancellationToken);\n", "")),
            new Fact(typeof(PoolerTests), "A_heartbeat_that_another_backend_answers_means_that_the_seat_is_lost")),
        new(new("the waiter's idle time-out is kept", "the server ends the session in the middle of a lease",
                new Edit(Term, "set_config('idle_session_timeout', $7::text, false)", "NULL")),
            Sessions("A_silent_session_is_ended_by_the_server_after_the_lease")),
        new(new("token from a counter alone", "a counter in a table begins at 1 again when the table is lost",
                new Edit(Term, "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint)", "0)")),
            Conforms("Tokens_grow_over_a_store_that_lost_its_data")),
        new(new("token not raised above the highest seen", "section 0 of the rules: over a wipe only a candidate remembers",
                new Edit(Term, "greatest(coalesce((SELECT token FROM last), 0), $8) + 1", "coalesce((SELECT token FROM last), 0) + 1")),
            Conforms("A_token_is_above_the_highest_that_the_candidate_has_seen_and_the_next_above_that")),
        new(new("a known term forgotten over a wipe", "an emptied database hands out a seat that somebody still trusts in",
                new Edit(Term, "coalesce((SELECT token FROM last), 0) >= $9 AND ", "")),
            Conforms("A_seat_known_to_be_held_is_not_taken_before_its_end_from_a_store_that_lost_its_data")),
        new(new("anchored before the wait", "trust is counted from a request that was sent before the seat was free",
                new Edit("Stores/Postgres/LineWait.cs", "var anchor = clock.GetTimestamp();", "var anchor = _linedUpAt;"),
                new Edit("Stores/Postgres/LineWait.cs", "private long _outlasted;", "private readonly long _linedUpAt = clock.GetTimestamp();\n    private long _outlasted;")),
            Conforms("A_grant_after_waiting_is_anchored_after_the_release")),
        new(new("renew by node only", "an old term of a node renews the newer one",
                new Edit(Seats, "if (!_held.TryGetValue(term, out var seat))", "if (_held.Values.FirstOrDefault(s => s.Term.Candidate == term.Candidate && s.Term.Election == term.Election) is not { } seat)")),
            Conforms("Another_token_of_the_holder_can_neither_renew_nor_release")),
        new(new("release by node only", "an old term of a node frees the seat of the newer one",
                new Edit(Seats, "if (!_held.TryRemove(term, out var seat))", "if (_held.Values.FirstOrDefault(s => s.Term.Candidate == term.Candidate && s.Term.Election == term.Election) is not { } seat)")),
            Conforms("An_older_term_of_the_same_candidate_can_neither_renew_nor_release_the_newer")),
        new(new("a seat is seen held while its row stands", "the row of a killed leader stays: a dashboard shows it for ever",
                new Edit("Stores/Postgres/SeatQuery.cs", "reader.GetBoolean(8) && !released", "!released")),
            new Fact(typeof(ObservationTests), "A_leader_whose_session_is_gone_is_not_seen_any_more")),
        new(new("a ledger without a fence", "a past leader has the last word",
                new Edit("Stores/Postgres/PostgresLedger.cs", "                WHERE f.token < excluded.token\n                OR (f.token, f.node_id, f.incarnation) = (excluded.token, excluded.node_id, excluded.incarnation)\n", "")),
            Conforms("An_older_term_is_refused_once_a_newer_has_written_and_changes_nothing")),
        new(new("a fence without the holder", "over a wipe two terms of one number both write",
                new Edit("Stores/Postgres/PostgresLedger.cs", "WHERE f.token < excluded.token\n", "WHERE f.token <= excluded.token\n")),
            Conforms("An_equal_token_of_another_holder_is_refused")),
    ];

    private static Fact Conforms(string method) => new(typeof(PostgresConformance), method);

    private static Fact Recovers(string method, params object[] values) => new(typeof(RecoveryTests), method, values);

    private static Fact Graces(string method) => new(typeof(GraceTests), method);

    private static Fact Lines(string method) => new(typeof(LineTests), method);

    private static Fact Sessions(string method) => new(typeof(LockSessionTests), method);
}
