namespace AspireElection.Dashboard.Timeline;

/// <summary>How much of a lane one node, nobody, or nobody knows who, had: the lane's legend.</summary>
/// <param name="Kind">Of which stretches.</param>
/// <param name="Node">Who led; null for the others.</param>
/// <param name="Length">For how long, together.</param>
/// <param name="Count">In how many stretches.</param>
public sealed record Share(StretchKind Kind, string? Node, TimeSpan Length, int Count)
{
    /// <summary>Nodes by name, then the time without a leader, then what is not known.</summary>
    public static IReadOnlyList<Share> Of(Lane lane) =>
    [
        .. lane.Stretches
            .GroupBy(s => (s.Kind, Node: s.Kind == StretchKind.Led ? s.Node : null))
            .Select(g => new Share(g.Key.Kind, g.Key.Node, g.Aggregate(TimeSpan.Zero, (sum, s) => sum + s.Length), g.Count()))
            .OrderBy(s => s.Kind switch { StretchKind.Led => 0, StretchKind.Leaderless => 1, _ => 2 }).ThenBy(s => s.Node, StringComparer.Ordinal),
    ];
}
