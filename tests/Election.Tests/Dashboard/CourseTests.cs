using System.Globalization;
using AspireElection.Dashboard.Timeline;
using AspireElection.Dashboard.Watching;
using AspireElection.History;
using AspireElection.Stores.InProcess;
using static AspireElection.Dashboard.Pictures;

namespace AspireElection.Dashboard;

/// <summary>Who led when, worked out of the history and of what the dashboard itself sees.</summary>
public sealed class CourseTests
{
    [Fact]
    public void Without_history_only_the_present_term_is_known() =>
        Assert.Equal(["Unknown - 14:03:00.000", "Led n1 14:03:00.000 14:10:00.000"], Told(Led("n1", 5, "14:03")));

    [Fact]
    public void Before_the_oldest_transition_it_is_not_known_and_a_term_ends_where_the_leaderless_time_of_the_next_began() => Assert.Equal(
        ["Unknown - 14:01:00.000", "Led n1 14:01:00.000 14:02:59.500", "Leaderless 14:02:59.500 14:03:00.000", "Led n2 14:03:00.000 14:10:00.000"],
        Told(Led("n2", 6, "14:03", Change(5, "n1", "14:01"), Change(6, "n2", "14:03", 500, previous: 5, before: "n1"))));

    [Fact]
    public void A_first_leader_has_nothing_before_it() =>
        Assert.Contains("no leader known before", Of(Led("n1", 5, "14:03", Change(5, "n1", "14:03", reason: "first"))).Stretches[0].Why, StringComparison.Ordinal);

    [Fact]
    public void A_gap_that_nobody_measured_is_none() => Assert.Equal(
        ["Unknown - 14:01:00.000", "Led n1 14:01:00.000 14:03:00.000", "Led n2 14:03:00.000 14:10:00.000"],
        Told(Led("n2", 6, "14:03", Change(5, "n1", "14:01"), Change(6, "n2", "14:03", previous: 5, before: "n1"))));

    [Fact]
    public void A_term_that_was_not_written_down_leaves_a_piece_that_is_not_known()
    {
        var course = Of(Led("n3", 8, "14:03", Change(5, "n1", "14:01"), Change(8, "n3", "14:03", 1000, previous: 7, before: "n2")));
        Assert.Equal(
            ["Unknown - 14:01:00.000", "Unknown n1 14:01:00.000 14:02:59.000", "Leaderless 14:02:59.000 14:03:00.000", "Led n3 14:03:00.000 14:10:00.000"],
            Told(course));
        Assert.Equal("term 7 was not written down", course.Stretches[1].Why);
    }

    [Fact]
    public void A_leader_without_an_entry_follows_the_gap_that_the_dashboard_saw()
    {
        var before = new Leader("n1", "1", null, 5, FixedClock.At("14:01"));
        var picture = Led("n2", 6, "14:05", Change(5, "n1", "14:01")) with
        {
            VacancyBefore = new Vacancy(FixedClock.At("14:04:57"), false, before, false),
        };
        Assert.Equal(
            ["Unknown - 14:01:00.000", "Led n1 14:01:00.000 14:04:57.000", "Leaderless 14:04:57.000 14:05:00.000", "Led n2 14:05:00.000 14:10:00.000"],
            Told(picture));
    }

    [Fact]
    public void A_present_gap_grows_up_to_now()
    {
        var last = new Leader("n1", "1", null, 5, FixedClock.At("14:01"));
        var picture = Led("n1", 5, "14:01", Change(5, "n1", "14:01")) with
        {
            Leader = null,
            Vacancy = new Vacancy(FixedClock.At("14:09:58"), false, last, true),
        };
        Assert.Equal(
            ["Unknown - 14:01:00.000", "Led n1 14:01:00.000 14:09:58.000", "Leaderless 14:09:58.000 14:10:00.000"], Told(picture));
        Assert.Equal("n1 gave the seat back", Of(picture).Stretches[^1].Why);

        // Seen first without a leader: nobody knows when the last term ended.
        var seenLate = picture with { Vacancy = new Vacancy(FixedClock.At("14:09:58"), true, null, false) };
        Assert.Equal(
            ["Unknown - 14:01:00.000", "Unknown n1 14:01:00.000 14:09:58.000", "Leaderless 14:09:58.000 14:10:00.000"], Told(seenLate));
    }

    [Fact]
    public void A_lease_that_ran_out_is_a_gap_although_the_seat_is_not_free_yet() => Assert.Equal(
        ["Unknown - 14:01:00.000", "Led n1 14:01:00.000 14:09:57.000", "Leaderless 14:09:57.000 14:10:00.000"],
        Told(Led("n1", 5, "14:01", Change(5, "n1", "14:01")) with { LeaseEndsAt = TimeSpan.TicksPerHour - 3 * TimeSpan.TicksPerSecond }));

    [Fact]
    public void While_the_store_is_away_the_end_is_not_known()
    {
        var picture = Led("n1", 5, "14:01", Change(5, "n1", "14:01")) with
        {
            HeardAt = FixedClock.At("14:08"),
            Trouble = new StoreTrouble(FixedClock.At("14:08"), "away"),
        };
        Assert.Equal(["Unknown - 14:01:00.000", "Led n1 14:01:00.000 14:08:00.000", "Unknown 14:08:00.000 14:10:00.000"], Told(picture));
    }

    [Fact]
    public void A_later_leader_of_the_history_counts_before_the_seat_shows_it()
    {
        var last = new Leader("n1", "1", null, 5, FixedClock.At("14:01"));
        var picture = Led("n1", 5, "14:01", Change(5, "n1", "14:01"), Change(6, "n2", "14:09:59", 10, previous: 5, before: "n1")) with
        {
            Leader = null,
            Vacancy = new Vacancy(FixedClock.At("14:09:58.990"), false, last, true),
        };
        Assert.Equal("Led n2 14:09:59.000 14:10:00.000", Told(picture)[^1]);
    }

    [Fact]
    public void A_clock_that_is_wrong_moves_its_own_transition_and_no_other()
    {
        string[] right = ["14:01", "14:02", "14:03", "14:04", "14:05"];
        foreach (var (wrong, expected) in new[] { ("15:30", "14:04"), ("09:00", "14:02") })
        {
            var times = (string[])[.. right[..2], wrong, .. right[3..]];
            var course = Of(Led("n4", 4, "14:05", [.. times.Select((t, i) => Change(i, $"n{i}", t, 10))]));
            Assert.Equal(
                (string[])[.. right[..2], expected, .. right[3..]],
                course.Transitions.Select(t => t.At.ToString("HH:mm", CultureInfo.InvariantCulture)));
            Assert.Equal(wrong == "15:30", course.Transitions[2].ClockAhead > TimeSpan.Zero);
            Assert.NotEqual(TimeSpan.Zero, course.Transitions[2].ClockAhead);
            Holds(course);
        }
    }

    [Fact]
    public void Nothing_lies_in_the_dashboards_future()
    {
        var course = Of(Led("n2", 6, "14:09:30", Change(5, "n1", "14:30"), Change(6, "n2", "14:40", 5, previous: 5, before: "n1")));
        Holds(course);
        // The store's time of the present term is right, whatever its leader's clock says.
        Assert.Equal(FixedClock.At("14:09:30"), course.Transitions[^1].At);
    }

    [Fact]
    public void A_gap_longer_than_the_term_before_it_ends_there()
    {
        var course = Of(Led("n2", 6, "14:03", Change(5, "n1", "14:02:59"), Change(6, "n2", "14:03", 90_000, previous: 5, before: "n1")));
        Holds(course);
        Assert.Equal("Leaderless 14:02:59.000 14:03:00.000", Told(course)[^2]);
    }

    [Theory]
    [InlineData(double.MaxValue)]
    [InlineData(-5.0)]
    public void A_length_that_no_clock_can_have_measured_counts_as_unknown(double length)
    {
        var course = Of(Led("n2", 6, "14:03", Change(5, "n1", "14:02"), Change(6, "n2", "14:03", length)));
        Holds(course);
        Assert.Null(course.Transitions[1].Gap);
        Holds(Of(Led("n2", 6, "14:03", Change(6, "n2", "14:03", 5) with { At = DateTimeOffset.MinValue })));
        Holds(Of(Led("n2", 6, "14:03", Change(6, "n2", "14:03", 5) with { At = DateTimeOffset.MaxValue })));
    }

    [Fact]
    public async Task Four_hundred_entries_of_a_store_in_any_order_and_damaged_ones_make_one_course()
    {
        await using var store = new InProcessStore(new FixedClock());
        var random = new Random(7);
        // Two entries for a term, later terms first in the log, clocks that are off by minutes.
        var entries = Enumerable.Range(1, Transition.Kept / 2).Reverse()
            .Select(i => Change(i, $"n{i % 7}", "10:00", i % 3 == 0 ? null : i * 3.7, previous: i - 1, before: $"n{(i - 1) % 7}") with
            {
                At = FixedClock.At("10:00") + TimeSpan.FromMinutes(i + 9 * random.NextDouble() * (i % 11 == 0 ? 60 : 0)),
            }).ToList();
        foreach (var entry in entries.SelectMany(e => (string[])[(e with { Reason = "unknown" }).ToJson(), e.ToJson()]))
            await store.AppendAsync(new Term("e", new CandidateId("n1", "1"), 9), Transition.Log, entry, Transition.Kept, CancellationToken.None);
        foreach (var damaged in (string[])["{", "null", "{\"term\":1}", "{\"term\":1,\"node\":null,\"at\":\"2026-01-01T00:00:00Z\"}", "{\"term\":1,\"node\":\"a\",\"at\":\"2026-01-01T00:00:00Z\",\"steps\":null}"])
            await store.AppendAsync(new Term("e", new CandidateId("n1", "1"), 9), Transition.Log, damaged, Transition.Kept + 5, CancellationToken.None);
        var history = await Transition.ReadAllAsync(store, "e", CancellationToken.None);
        Assert.Equal(Transition.Kept / 2, history.Count);
        Assert.DoesNotContain(history, t => t.Reason == "unknown");
        var course = Of(Led("n4", 200, "13:20", [.. history]));
        Holds(course);
        Assert.True(course.Stretches.Count(s => s.Kind == StretchKind.Led) > 150, string.Join('\n', Told(course)));
    }

    private static Course Of(ElectionPicture picture) => Course.Of(picture, new FixedClock());

    private static string[] Told(ElectionPicture picture) => Told(Of(picture));

    private static string[] Told(Course course) => [.. course.Stretches.Select(s =>
        $"{s.Kind} {(s.Node is null ? "" : s.Node + " ")}{(s.From == DateTimeOffset.MinValue ? "-" : $"{s.From:HH:mm:ss.fff}")} {s.To:HH:mm:ss.fff}")];

    /// <summary>Without holes and overlaps, from the beginning of time up to now; all transitions within it, in order.</summary>
    private static void Holds(Course course)
    {
        Assert.Equal(DateTimeOffset.MinValue, course.Stretches[0].From);
        Assert.Equal(FixedClock.Now, course.Stretches[^1].To);
        foreach (var (one, next) in course.Stretches.Zip(course.Stretches.Skip(1)))
            Assert.Equal(one.To, next.From);
        Assert.All(course.Stretches, s => Assert.True(s.From < s.To || s == course.Stretches[^1]));
        Assert.Equal(course.Transitions.Select(t => t.At).Order(), course.Transitions.Select(t => t.At));
        Assert.All(course.Transitions, t => Assert.True(t.At <= FixedClock.Now));
    }
}
