using AspireElection.History;

namespace AspireElection.Dashboard.Timeline;

/// <summary>A transition at its place in time.</summary>
/// <param name="Transition">As its leader wrote it.</param>
/// <param name="At">Where it is drawn: between its neighbours, and never in the dashboard's future.</param>
/// <param name="Gap">For how long nobody led before it; null when that is not known.</param>
public sealed record PlacedTransition(Transition Transition, DateTimeOffset At, TimeSpan? Gap)
{
    private const double LongestMs = 10 * 365.0 * 24 * 3600 * 1000;
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(1);

    /// <summary>By how much its leader's clock was ahead of the others; zero for less than a second.</summary>
    public TimeSpan ClockAhead => (Transition.At - At).Duration() < Tolerance ? TimeSpan.Zero : Transition.At - At;

    /// <summary>
    /// Terms are in order, the clocks of their leaders need not be. Most transitions that agree with each other stay where
    /// their clocks put them, and those in between are moved: else one wrong clock would squeeze all the others together.
    /// </summary>
    /// <param name="history">Rising in terms.</param>
    /// <param name="leader">Who leads now: the store's time of its term stands for that of a clock that is ahead.</param>
    /// <param name="until">The end of what is known.</param>
    public static IReadOnlyList<PlacedTransition> Place(IReadOnlyList<Transition> history, Leader? leader, DateTimeOffset until)
    {
        var told = history.Select(t => t.At > until && leader is { } now && now.Term == t.Term ? now.Since : t.At).ToArray();
        var agreeing = LongestRising(told, until);
        var placed = new PlacedTransition[history.Count];
        var next = agreeing.Count;
        var later = until;
        for (var i = history.Count - 1; i >= 0; i--)
        {
            if (next > 0 && agreeing[next - 1] == i)
            {
                next--;
                later = told[i];
            }
            else
            {
                // Not before the neighbour below that stays, not after the one above.
                var earlier = next > 0 ? told[agreeing[next - 1]] : DateTimeOffset.MinValue;
                later = told[i] > later ? later : told[i] < earlier ? earlier : told[i];
            }

            placed[i] = new PlacedTransition(history[i], later, Length(history[i].LeaderlessMs));
        }

        return placed;
    }

    /// <summary>The indices of a longest part whose times never go back and end by <paramref name="until"/>.</summary>
    private static List<int> LongestRising(DateTimeOffset[] times, DateTimeOffset until)
    {
        var ends = new List<int>();
        var before = new int[times.Length];
        for (var i = 0; i < times.Length; i++)
        {
            if (times[i] > until)
                continue;
            var (low, high) = (0, ends.Count);
            while (low < high)
            {
                var middle = (low + high) / 2;
                (low, high) = times[ends[middle]] <= times[i] ? (middle + 1, high) : (low, middle);
            }

            before[i] = low == 0 ? -1 : ends[low - 1];
            if (low == ends.Count)
                ends.Add(i);
            else
                ends[low] = i;
        }

        var rising = new List<int>();
        for (var i = ends.Count == 0 ? -1 : ends[^1]; i >= 0; i = before[i])
            rising.Add(i);
        rising.Reverse();
        return rising;
    }

    /// <summary>Null for what no clock measured: entries come from the store, where others write.</summary>
    internal static TimeSpan? Length(double? milliseconds) =>
        milliseconds is >= 0 and <= LongestMs ? TimeSpan.FromMilliseconds(milliseconds.Value) : null;
}
