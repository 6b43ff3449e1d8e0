using AspireElection.Dashboard.Words;
using AspireElection.History;

namespace AspireElection.Dashboard.Timeline;

/// <summary>A transition in words.</summary>
public static class TransitionWords
{
    /// <summary>The old leader handed over, rather than fell silent.</summary>
    public static bool IsGraceful(Transition transition) => transition.Reason is "resigned" or "preempted" or "stopped" or "released";

    /// <summary>Somebody led before: a first leader replaces nobody.</summary>
    public static bool IsFailover(Transition transition) => transition.Reason != "first";

    /// <summary>
    /// From the last sign of a leader that fell silent to the end of its lease: it may have led meanwhile or not, so it is no
    /// part of the gap, and a failover is not over without it. Null where it was not measured.
    /// </summary>
    public static TimeSpan? Silence(Transition transition) => transition.Reason == "expired"
        ? PlacedTransition.Length(transition.Steps.FirstOrDefault(s => s.Name == "silence")?.Ms) : null;

    /// <summary>How the term before ended: <c>node-1 resigned</c>.</summary>
    public static string Ending(Transition transition)
    {
        var before = transition.PreviousNode ?? "an unknown leader";
        return transition.Reason switch
        {
            "first" => "there was no leader known before",
            "resigned" => $"{before} resigned",
            "released" => $"{before} gave the seat back",
            "preempted" => $"{before} made way for one of higher priority",
            "stopped" => $"{before} was stopped and handed over",
            "expired" when Silence(transition) is { } silence => $"{before} was silent for {Brief(silence)}, until its lease ran out",
            "expired" => $"{before} fell silent and its lease ran out",
            "lost" => $"{before} lost the seat",
            _ when transition.PreviousNode is null => "who led before is not known",
            _ => $"{before} led before and why it ceased is not known",
        };
    }

    /// <summary>What happened: <c>node-1 resigned; node-2 led 12 ms later</c>.</summary>
    public static string Whole(PlacedTransition placed)
    {
        var transition = placed.Transition;
        if (!IsFailover(transition))
            return $"{transition.Node} became the first leader that is known";
        var again = transition.Node == transition.PreviousNode ? " again" : "";
        return $"{Ending(transition)}; {transition.Node} led{again} "
            + (placed.Gap is { } gap ? $"{Brief(gap)} later" : "after a time that nobody measured");
    }

    /// <summary>Times without a leader are mostly of some milliseconds.</summary>
    public static string Brief(TimeSpan length) => length.TotalMilliseconds switch
    {
        0 => "0 ms",
        < 1 => "less than 1 ms",
        var milliseconds => Texts.Milliseconds(milliseconds),
    };
}
