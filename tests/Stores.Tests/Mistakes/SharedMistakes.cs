using AspireElection.Stores.Tests.Postgres.Many;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Tests.Mistakes;
using Xunit.Abstractions;

namespace AspireElection.Stores.Tests.Mistakes;

/// <summary>What goes wrong where many elections share a session.</summary>
internal static class SharedMistakes
{
    private const string Folder = "Stores/Postgres/Many/";
    private const string Orders = Folder + "SessionOrders.cs";
    private const string Line = Folder + "ElectionLine.cs";
    private const string Terms = Folder + "TermsStatement.cs";
    private const string Session = Folder + "SharedSession.cs";

    private static readonly Fact AllOfAProcess = new(
        typeof(ManyElectionsTests), "Five_hundred_elections_go_from_one_process_to_another_on_few_connections_and_never_have_two_leaders");

    public static IReadOnlyList<StoreMistake> All { get; } =
    [
        new(new("a heartbeat under way renews whoever asks", "its answer says nothing about the time after it was sent",
                new Edit(Orders, "return Interlocked.Exchange(ref _beat, null);", "return _beat;")),
            Sessions("A_renewal_is_answered_by_a_heartbeat_that_was_sent_after_it")),
        new(new("a session for all", "the loss of one session is the loss of every term",
                new Edit(Folder + "SharedSeats.cs", "% (ulong)_sessions", "% 1UL")),
            Sessions("The_loss_of_a_session_is_noticed_at_once_and_confined_to_its_elections")),
        new(new("a seat lives as long as its session", "the renewals of others keep the seat of a candidate that has stopped",
                new Edit(Orders, "_seats.Values.Where(s => s.EndsAt <= now)", "_seats.Values.Where(s => s.EndsAt < 0)")),
            Sessions("An_election_that_nobody_renews_runs_out_though_its_session_lives_on_with_another")),
        new(new("a seat ends before its lease", "it is taken while its leader still trusts in it",
                new Edit(Folder + "SessionWork.cs", "anchor + stand.Candidacy.LeaseDuration.ToTicksOf(clock)", "anchor + (stand.Candidacy.LeaseDuration / 2).ToTicksOf(clock)")),
            Sessions("An_election_that_nobody_renews_runs_out_though_its_session_lives_on_with_another")),
        new(new("a lock taken twice", "locks stack in a session: one release does not free the seat",
                new Edit(Session, "AS key WHERE pg_try_advisory_lock(key)", "AS key WHERE pg_try_advisory_lock(key) AND pg_try_advisory_lock(key)")),
            Sessions("Locks_never_stack_so_that_one_release_frees_a_seat")),
        new(new("a lock that is not asked for", "who finds a seat free takes it, and so does the next",
                new Edit(Session, "AS key WHERE pg_try_advisory_lock(key)", "AS key WHERE key IS NOT NULL")),
            Conforms("Of_twenty_racing_candidates_one_is_granted_the_seat")),
        new(new("waiting for a row", "one transaction of an operator keeps all seats of the session from their terms",
                new Edit(Terms, "FOR UPDATE SKIP LOCKED", "FOR UPDATE"),
                // Else the batch is tried in halves until the row stands alone.
                new Edit(Folder + "SessionWork.cs", "when (session.IsOpen && MeansBusy(exception))", "when (session.IsOpen && MeansBusy(exception) && stands.Count == 0)")),
            Sessions("A_row_that_somebody_keeps_locked_holds_up_its_own_election_only")),
        new(new("one look after the holder's end", "the presence ends before the last of the locks: those are left to the poll",
                new Edit(Line, "if (Unsettled(view) && now < _settlesUntil)", "if (Unsettled(view) && now < 0)")),
            Takeovers("Seats_are_looked_at_until_each_is_settled_though_the_presence_of_the_holder_ends_before_its_locks")),
        new(new("nobody waits for the end of a session", "a killed process has no successor before the next poll",
                new Edit(Folder + "SharedSeats.cs", "return _watches.Watch(holder);", "return true;")),
            AllOfAProcess),
        new(new("all rush at once", "a seat goes to whoever is quickest",
                new Edit(Line, "(Turn * view.Better)", "(Turn * 0)")),
            Conforms("Each_release_wakes_one_waiter_the_best_by_priority")),
        new(new("the session outlives a silent process", "a frozen process has no successor at all",
                new Edit(Folder + "SharedSettings.cs", "(\"idle_session_timeout\", LockSession.Milliseconds(lease))", "(\"idle_session_timeout\", \"0\")"),
                new Edit(Session, "set_config('idle_session_timeout', $1, false)", "$1::text")),
            Takeovers("Seats_of_a_frozen_process_are_taken_over_after_the_lease_and_not_sooner")),
        new(new("the session ends before the lease", "a frozen leader that wakes has a successor while it still trusts",
                new Edit(Session, "_idle.TypedValue = LockSession.Milliseconds(lease);\n        try", "_idle.TypedValue = LockSession.Milliseconds(lease / 2);\n        try")),
            Takeovers("Seats_of_a_frozen_process_are_taken_over_after_the_lease_and_not_sooner")),
        new(new("anchored before the wait", "trust is counted from a request that was sent before the seat was free",
                new Edit(Folder + "SessionWork.cs", "lines.Granted(stand, seat, anchor)", "lines.Granted(stand, seat, anchor - clock.TimestampFrequency)")),
            Conforms("A_grant_after_waiting_is_anchored_after_the_release")),
        new(new("no waiting out of a restart", "the locks are gone, and the old leaders still trust",
                new Edit(Terms, " AND left_ms IS NULL", "")),
            new Fact(typeof(FitnessTests), "After_a_restart_of_the_server_unreleased_terms_are_waited_out_and_after_a_crash_any", [false])),
        new(new("a known term forgotten over a wipe", "an emptied database hands out a seat that somebody still trusts in",
                new Edit(Terms, " AND NOT forgotten\n", "\n")),
            Conforms("A_seat_known_to_be_held_is_not_taken_before_its_end_from_a_store_that_lost_its_data")),
        new(new("a pooled connection for each heartbeat", "a process with hundreds of candidates takes all connections of the server",
                new Edit("Stores/Postgres/PostgresStore.cs", "_pool.Bound(PooledAtOnce);", "_pool.Bound(1000);")),
            AllOfAProcess),
    ];

    private static Fact Conforms(string method) => new(typeof(SharedSessionsConformance), method);

    private static Fact Sessions(string method) => new(typeof(SharedSessionTests), method);

    private static Fact Takeovers(string method) => new(typeof(TakeoverTests), method);
}

/// <summary>The facts about shared sessions are shown to fail, on a real server.</summary>
public sealed class SharedMistakesTests(ITestOutputHelper output)
{
    [Fact]
    [Trait("Run", "all")]
    public async Task Each_mistake_with_shared_sessions_is_caught()
    {
        await using var server = new PostgresServer();
        await new MistakeRun(output).RunAsync(server, SharedMistakes.All);
    }
}
