using AspireElection.Dashboard.Incidents;
using AspireElection.Dashboard.Timeline;
using AspireElection.Dashboard.Watching;
using AspireElection.Dashboard.Words;
using AspireElection.Jobs;
using static AspireElection.Dashboard.Pictures;

namespace AspireElection.Dashboard;

/// <summary>Transitions, health, moments and incidents in words.</summary>
public sealed class WordsTests
{
    private static readonly ElectionPicture s_handed = Led(
        "node-2", 6, "14:03", Change(5, "node-1", "14:01", reason: "first"), Change(6, "node-2", "14:03", 12.3, previous: 5, before: "node-1") with
        {
            Steps = [new("drain", 3.25), new("release", 2), new("grant", 7.05), new("first job", 4)],
        });

    [Theory]
    [InlineData("resigned", 12.0, "a", "a resigned; b led 12 ms later")]
    [InlineData("preempted", 0.4, "a", "a made way for one of higher priority; b led less than 1 ms later")]
    [InlineData("stopped", 2500.0, "a", "a was stopped and handed over; b led 2.5 s later")]
    [InlineData("expired", 120.0, "a", "a fell silent and its lease ran out; b led 120 ms later")]
    [InlineData("lost", null, "a", "a lost the seat; b led after a time that nobody measured")]
    [InlineData("resigned", 12.0, "b", "b resigned; b led again 12 ms later")]
    [InlineData("unknown", null, null, "who led before is not known; b led after a time that nobody measured")]
    [InlineData("first", null, null, "b became the first leader that is known")]
    public void A_transition_is_told_with_its_reason(string reason, double? gap, string? before, string words)
    {
        var course = Course.Of(Led("b", 6, "14:03", Change(6, "b", "14:03", gap, reason, 5, before)), new FixedClock());
        Assert.Equal(words, TransitionWords.Whole(course.Transitions[0]));
    }

    [Fact]
    public void A_failover_after_a_silence_is_told_with_the_silence()
    {
        var picture = Led("b", 6, "14:03", Change(6, "b", "14:03", 9, "expired", 5, "a") with { Steps = [new("silence", 1999.9), new("grant", 9)] });
        var course = Course.Of(picture, new FixedClock());
        Assert.Equal("a was silent for 2.0 s, until its lease ran out; b led 9 ms later", TransitionWords.Whole(course.Transitions[0]));
        Assert.EndsWith("last failover 2.0 s, after a fell silent", HealthOf(picture), StringComparison.Ordinal);
        // The lease of a silent leader is its own: it may have worked until its end.
        Assert.Equal(TimeSpan.FromMilliseconds(9), Assert.Single(course.Stretches, s => s.Kind == StretchKind.Leaderless).Length);
    }

    [Fact]
    public void Health_is_one_line()
    {
        Assert.Equal("0 nodes, node-2 has led since 14:03, last failover 12 ms, graceful", HealthOf(s_handed));
        Assert.Equal("0 nodes, n1 has led since 20 Nov 14:03, no failover known", HealthOf(Led("n1", 5, "14:03") with
        {
            Leader = new Leader("n1", "1", null, 5, FixedClock.At("14:03").AddDays(-1)),
        }));
        Assert.EndsWith("last failover 2.1 s, after n1 fell silent", HealthOf(
            Led("n2", 6, "14:03", Change(6, "n2", "14:03", 2100, "expired", 5, "n1"))), StringComparison.Ordinal);
        Assert.Contains("nobody has led since 14:09", HealthOf(s_handed with { Leader = null, Vacancy = new(FixedClock.At("14:09:30"), false, null, true) }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_moment_of_the_past_is_told_with_what_came_after()
    {
        Assert.Equal(
            ("At 14:02:00 UTC node-1 led e in term 5, since 14:01:00.", "That lasted 1 min 59 s, until 14:02:59. Then nobody led for 12 ms: node-1 resigned."),
            Still("14:02"));
        Assert.Equal(
            ("At 14:02:59 UTC nobody led e, since 14:02:59: node-1 resigned.", "That lasted 12 ms, until 14:03:00. Then node-2 led, in term 6."),
            Still("14:02:59.995"));
        Assert.Equal(("At 14:03:00 UTC node-2 led e in term 6, since 14:03:00.", "It is still leading, 7 min 0 s so far."), Still("14:03"));
        Assert.Equal(
            ("At 09:00:00 UTC: who led e is not known, because there was no leader known before.", "Known again from 14:01:00. Then node-1 led, in term 5."),
            Still("09:00"));

        static (string, string) Still(string at)
        {
            var words = StillWords.Of("e", Course.Of(s_handed, new FixedClock()), FixedClock.At(at), FixedClock.Now);
            return (words.Sentence, words.After);
        }
    }

    [Fact]
    public void An_incident_is_three_lines()
    {
        var picture = s_handed with
        {
            Jobs = [new JobState { Job = "a_b", Schedule = "once", State = "failed" }, new JobState { Job = "c", Schedule = "once", State = "done" }],
        };
        Assert.Equal(
            """
            **e**, 2026-11-21T14:03:00.000Z: node-1 resigned (term 5); **node-2** leads in term 6.
            Nobody led for **12 ms**; reason: resigned; measured by the successor: drain 3.2 ms, release 2 ms, grant 7 ms, first job 4 ms.
            Now, 2026-11-21T14:10:00.000Z: node-2 has led in term 6 since 2026-11-21T14:03:00.000Z; 0 members; 2 jobs, failed: a\_b.

            """, Report(picture));
    }

    [Fact]
    public void Odd_names_neither_break_lines_nor_become_markup()
    {
        const string odd = "a\n# b\u2028[x](http://evil) <b> `c` *d* |\u202e@e";
        var picture = Led(odd, 6, "14:03", Change(6, odd, "14:03", 12, "**x**\n", 5, odd) with { Steps = [new(odd, 1)] });
        var report = Report(picture);
        Assert.Equal(3, report.Count(c => c == '\n'));
        Assert.Contains(@"a \# b \[x\]\(http\:\/\/evil\) \<b\> \`c\` \*d\* \| \@e", report, StringComparison.Ordinal);
        Assert.DoesNotContain('\u202e', report);
        Assert.DoesNotContain('\u2028', report);
    }

    [Fact]
    public void A_replay_is_one_bar_without_holes()
    {
        var replay = Replay.OfLast(Course.Of(s_handed, new FixedClock()))!;
        Assert.Equal(16.3, replay.TotalMs, 6);
        Assert.Equal(100, replay.Parts[^1].Left + replay.Parts[^1].Width, 6);
        foreach (var (one, next) in replay.Parts.Zip(replay.Parts.Skip(1)))
            Assert.Equal(one.Left + one.Width, next.Left, 6);
        Assert.Null(Replay.OfLast(Course.Of(Led("n", 5, "14:01", Change(5, "n", "14:01", reason: "first")), new FixedClock())));

        var odd = Led("b", 6, "14:03", Change(6, "b", "14:03", 12) with { Steps = [new("x", -4), new("y", double.MaxValue), new("grant", 0)] });
        Assert.Equal(0, Replay.OfLast(Course.Of(odd, new FixedClock()))!.TotalMs);
    }

    private static string HealthOf(ElectionPicture picture) => Health.Of(picture, Course.Of(picture, new FixedClock()), FixedClock.Now);

    private static string Report(ElectionPicture picture)
    {
        var course = Course.Of(picture, new FixedClock());
        return IncidentReport.Of(picture, course.Transitions[^1], course, FixedClock.Now);
    }
}
