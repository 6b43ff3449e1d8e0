namespace AspireElection.Dashboard.Timeline;

/// <summary>Where there is room for a label.</summary>
public enum Room
{
    /// <summary>On no page: the list beside the lane has it.</summary>
    None,

    /// <summary>On a wide page alone.</summary>
    Wide,

    /// <summary>On a telephone, too.</summary>
    Always,
}

/// <summary>
/// Which labels of a lane are shown. The server does not know how wide a lane will be; it knows that of a telephone, and
/// from which width on the style sheet calls a page wide.
/// </summary>
internal static class LaneLabels
{
    private const double Narrow = 270;
    private const double Broad = 760;
    private const double Letter = 7.3;
    private const double Padding = 12;
    private const int Most = 60;

    /// <summary>Room within a box.</summary>
    public static Room Inside(LaneBox box, string label)
    {
        var needed = label.Length * Letter + Padding;
        return box.Width / 100 * Narrow >= needed ? Room.Always : box.Width / 100 * Broad >= needed ? Room.Wide : Room.None;
    }

    /// <summary>Room in a row of its own, in which labels must not overlap; the longest gap is placed first.</summary>
    public static IReadOnlyList<(LaneBox Box, string Label, Room Room)> InARow(IReadOnlyList<LaneBox> boxes, Func<LaneBox, string> label)
    {
        var row = boxes.OrderByDescending(b => b.Length).Take(Most).Select(b => (Box: b, Label: label(b))).ToList();
        var narrow = Fitting(row, Narrow, []);
        // What a telephone shows, a wide page shows as well.
        var broad = Fitting(row, Broad, narrow);
        return [.. row.Select((r, i) => (r.Box, r.Label, narrow.Contains(i) ? Room.Always : broad.Contains(i) ? Room.Wide : Room.None))];
    }

    /// <summary>How a label at a place is aligned so that it stays within the lane.</summary>
    public static string Anchor(double place) => place < 8 ? "start" : place > 92 ? "end" : "middle";

    private static List<int> Fitting(List<(LaneBox Box, string Label)> row, double width, List<int> first)
    {
        var taken = new List<(double Left, double Right)>();
        var fitting = new List<int>();
        foreach (var i in first.Concat(Enumerable.Range(0, row.Count)))
        {
            var centre = row[i].Box.Left + row[i].Box.Width / 2;
            var (at, length) = (centre / 100 * width, row[i].Label.Length * Letter + Padding);
            var left = Anchor(centre) switch { "start" => at, "end" => at - length, _ => at - length / 2 };
            if (taken.Exists(t => left < t.Right && t.Left < left + length))
                continue;
            taken.Add((left, left + length));
            fitting.Add(i);
        }

        return fitting;
    }
}
