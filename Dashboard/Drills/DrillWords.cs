using AspireElection.Dashboard.Watching;
using AspireElection.Dashboard.Words;

namespace AspireElection.Dashboard.Drills;

/// <summary>A drill for people.</summary>
internal static class DrillWords
{
    public static string Title(Drill drill) =>
        drill.For is { } length ? $"{drill.Kind.Title}, {length.TotalSeconds:0} s" : drill.Kind.Title;

    public static string Result(Drill drill) => drill switch
    {
        { State: DrillState.Asked } => "asking the node…",
        { State: DrillState.Watched } => "accepted; watching the seat…",
        { Next: { } next } when next.NodeId == drill.LedBefore => $"{next.NodeId} leads again, in term {next.Term}",
        { Next: { } next } => $"{next.NodeId} leads in term {next.Term}",
        _ => drill.Note ?? "",
    };

    public static string Failover(Drill drill) => drill.Failover is { } failover ? Texts.Milliseconds(failover.TotalMilliseconds) : "–";

    /// <summary>As the next leader wrote it down, which may come a moment after it was seen.</summary>
    public static string Leaderless(Drill drill, IReadOnlyList<ElectionPicture> pictures) =>
        drill.Next is { } next
        && pictures.FirstOrDefault(p => p.Election == drill.Election)?.History.LastOrDefault(t => t.Term == next.Term)?.LeaderlessMs is { } ms
            ? Texts.Milliseconds(ms)
            : "–";
}
