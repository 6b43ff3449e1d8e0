namespace AspireElection.Dashboard.Timeline;

/// <summary>A part of a course as it is drawn: places and widths in percent of the lane.</summary>
public sealed class Lane
{
    /// <summary>What is narrower than this is not drawn by itself: two pixels of a wide page, and a bound on what is drawn.</summary>
    private const double Least = 0.15;

    private readonly List<LaneBox> _boxes = [];
    private readonly List<LaneBox> _gaps = [];

    private Lane(DateTimeOffset from, DateTimeOffset to) => (From, To) = (from, to);

    public DateTimeOffset From { get; }

    public DateTimeOffset To { get; }

    /// <summary>Everything but the gaps, left to right.</summary>
    public IReadOnlyList<LaneBox> Boxes => _boxes;

    /// <summary>Times without a leader, left to right; neighbours that no eye could part are one.</summary>
    public IReadOnlyList<LaneBox> Gaps => _gaps;

    /// <summary>What is cut out of the course, oldest first.</summary>
    public required IReadOnlyList<Stretch> Stretches { get; init; }

    /// <summary>The marks of the axis.</summary>
    public required IReadOnlyList<DateTimeOffset> Ticks { get; init; }

    public static Lane Of(Course course, DateTimeOffset from, DateTimeOffset to, TimelineRange range)
    {
        var lane = new Lane(from, to) { Stretches = [.. course.Between(from, to)], Ticks = Marks(from, to, range.Tick) };
        foreach (var stretch in lane.Stretches)
        {
            if (stretch.Kind == StretchKind.Leaderless)
                lane.AddGap(stretch);
            else
                lane.AddBox(stretch, isLast: stretch == lane.Stretches[^1]);
        }

        return lane;
    }

    /// <summary>How far right a moment is, in percent.</summary>
    public double Place(DateTimeOffset when) => Math.Clamp(100 * ((when - From) / (To - From)), 0, 100);

    private void AddBox(Stretch stretch, bool isLast)
    {
        var (left, right) = (Place(stretch.From), Place(stretch.To));
        if (right - left >= Least)
            _boxes.Add(new LaneBox(left, right - left, stretch, 1, stretch.Length));
        else if (isLast)
            _boxes.Add(new LaneBox(Math.Min(left, 100 - Least), Least, stretch, 1, stretch.Length));
    }

    private void AddGap(Stretch stretch)
    {
        var (left, right) = (Place(stretch.From), Place(stretch.To));
        if (_gaps is [.., var last] && left - (last.Left + last.Width) < Least)
            _gaps[^1] = last with { Width = Math.Max(right - last.Left, Least), Count = last.Count + 1, Length = last.Length + stretch.Length };
        else
            _gaps.Add(new LaneBox(Math.Min(left, 100 - Least), Math.Max(right - left, Least), stretch, 1, stretch.Length));
    }

    private static List<DateTimeOffset> Marks(DateTimeOffset from, DateTimeOffset to, TimeSpan every)
    {
        var marks = new List<DateTimeOffset>();
        var first = new DateTimeOffset((from.UtcTicks + every.Ticks - 1) / every.Ticks * every.Ticks, TimeSpan.Zero);
        for (var at = first; at <= to; at += every)
            marks.Add(at);
        return marks;
    }
}

/// <summary>Something in a lane.</summary>
/// <param name="Left">Where it begins, in percent.</param>
/// <param name="Width">How wide it is, in percent.</param>
/// <param name="Stretch">What it shows; of several, the first.</param>
/// <param name="Count">How many stretches it stands for.</param>
/// <param name="Length">How long they were together.</param>
public sealed record LaneBox(double Left, double Width, Stretch Stretch, int Count, TimeSpan Length);
