using AspireElection.Dashboard.Timeline;
using AspireElection.Dashboard.Watching;
using AspireElection.History;
using static AspireElection.Dashboard.Pictures;

namespace AspireElection.Dashboard;

/// <summary>How a course is drawn.</summary>
public sealed class LaneTests
{
    [Fact]
    public void Gaps_shorter_than_a_pixel_are_drawn_and_told()
    {
        var lane = Of(Led("n2", 6, "14:03", Change(5, "n1", "14:01"), Change(6, "n2", "14:03", 12, previous: 5, before: "n1")), TimelineRange.Day);
        var gap = Assert.Single(lane.Gaps);
        Assert.Equal(TimeSpan.FromMilliseconds(12), gap.Length);
        Assert.True(gap.Width > 0.1);
        Within(lane);
    }

    [Fact]
    public void Gaps_that_no_eye_could_part_are_one()
    {
        var history = Enumerable.Range(1, 200).Select(i => Change(i, $"n{i % 3}", "14:00", 12, previous: i - 1, before: $"n{(i - 1) % 3}") with
        {
            At = FixedClock.At("14:00") + TimeSpan.FromSeconds(i),
        }).ToArray();
        var lane = Of(Led("n2", 200, "14:03:20", history), TimelineRange.Day);
        Assert.True(lane.Gaps.Count < 10, $"{lane.Gaps.Count} gaps were drawn.");
        Assert.Equal(200, lane.Gaps.Sum(g => g.Count));
        Assert.Equal(2400, lane.Gaps.Sum(g => g.Length.TotalMilliseconds), 3);
        Within(lane);

        var share = Assert.Single(Share.Of(lane), s => s.Kind == StretchKind.Leaderless);
        Assert.Equal((200, 2400.0), (share.Count, Math.Round(share.Length.TotalMilliseconds, 3)));
    }

    [Fact]
    public void A_day_of_many_changes_stays_small()
    {
        var history = Enumerable.Range(1, Transition.Kept).Select(i => Change(i, $"n{i % 3}", "14:00", 900, previous: i - 1, before: $"n{(i - 1) % 3}") with
        {
            At = FixedClock.Now - TimeSpan.FromMinutes(3.5 * (Transition.Kept - i) + 1),
        }).ToArray();
        var lane = Of(Led("n1", Transition.Kept, "14:09", history), TimelineRange.Day);
        Assert.InRange(lane.Boxes.Count + lane.Gaps.Count, 100, 900);
        Within(lane);
    }

    [Fact]
    public void A_window_is_cut_at_both_ends()
    {
        var picture = Led("n2", 6, "14:03", Change(5, "n1", "14:01"), Change(6, "n2", "14:03", 500, previous: 5, before: "n1"));
        var lane = Lane.Of(Course.Of(picture, new FixedClock()), FixedClock.At("14:02"), FixedClock.At("14:04"), TimelineRange.Minute);
        Assert.Equal(["n1", "n2"], lane.Boxes.Select(b => b.Stretch.Node));
        Assert.Equal((0.0, 50.0), (lane.Boxes[0].Left, Math.Round(lane.Boxes[0].Left + lane.Boxes[0].Width + lane.Gaps[0].Width, 6)));
        Assert.Equal(FixedClock.At("14:04"), lane.Stretches[^1].To);
    }

    [Fact]
    public void A_leader_of_this_very_instant_is_within_the_lane()
    {
        var lane = Of(Led("n2", 6, "14:30", Change(6, "n2", "14:30", 500)), TimelineRange.Minute);
        Assert.Equal("n2", lane.Boxes[^1].Stretch.Node);
        Within(lane);
    }

    [Fact]
    public void Labels_of_gaps_do_not_overlap()
    {
        var gaps = Enumerable.Range(0, 40).Select(i => new LaneBox(
            i * 2.5, 0.2, new Stretch(StretchKind.Leaderless, FixedClock.Now, FixedClock.Now), 1, TimeSpan.Zero)).ToList();
        var row = LaneLabels.InARow(gaps, _ => "12 ms");
        foreach (var (room, width) in new[] { (Room.Always, 270.0), (Room.Wide, 760.0) })
        {
            var shown = row.Where(r => r.Room >= room).Select(r => r.Box.Left / 100 * width).Order().ToList();
            Assert.InRange(shown.Count, 4, 25);
            Assert.All(shown.Zip(shown.Skip(1)), pair => Assert.True(pair.Second - pair.First > 30));
        }

        Assert.Equal(["start", "middle", "end"], new[] { 0.0, 50, 100 }.Select(LaneLabels.Anchor));
    }

    [Fact]
    public void A_node_keeps_its_colour_whoever_leads()
    {
        var one = new NodeColours(Led("n1", 5, "14:01", Change(5, "n1", "14:01"), Change(6, "n2", "14:02")));
        var other = new NodeColours(Led("n2", 6, "14:01", Change(5, "n1", "14:01"), Change(6, "n2", "14:02")));
        Assert.Equal((one.Of("n1"), one.Of("n2")), (other.Of("n1"), other.Of("n2")));
        Assert.NotEqual(one.Of("n1"), one.Of("n2"));
        Assert.Equal("n0", one.Of("somebody else"));
    }

    private static Lane Of(ElectionPicture picture, TimelineRange range) =>
        Lane.Of(Course.Of(picture, new FixedClock()), FixedClock.Now - range.Length, FixedClock.Now, range);

    private static void Within(Lane lane) =>
        Assert.All(lane.Boxes.Concat(lane.Gaps), b => Assert.True(b is { Left: >= 0, Width: > 0 } && b.Left + b.Width < 100.0001, $"{b}"));
}
