using AspireElection.Dashboard.Timeline;
using AspireElection.Dashboard.Watching;

namespace AspireElection.Dashboard.Words;

/// <summary>How an election is, in one plain line: <c>3 nodes, node-2 has led since 14:03, last failover 12 ms, graceful</c>.</summary>
internal static class Health
{
    public static string Of(ElectionPicture picture, Course course, DateTimeOffset now)
    {
        var silent = picture.Members.Count(m => picture.IsSilent(m, now));
        var nodes = Texts.Count(picture.Members.Count, "node", "nodes") + (silent > 0 ? $" ({silent} silent)" : "");
        return string.Join(", ", [nodes, Seat(picture, course.Stretches[^1], now), LastFailover(course)]);
    }

    private static string Seat(ElectionPicture picture, Stretch last, DateTimeOffset now) => last.Kind switch
    {
        // By the same clock as in the sentence on top.
        StretchKind.Led when picture.Leader is { } leader && leader.Term == last.Term => $"{last.Node} has led since {Texts.Minute(leader.Since, now)}",
        StretchKind.Led => $"{last.Node} has led since {Texts.Minute(last.From, now)}",
        StretchKind.Leaderless => $"nobody has led since {Texts.Minute(last.From, now)}",
        _ => "who leads is not known",
    };

    private static string LastFailover(Course course)
    {
        if (course.Transitions.LastOrDefault(t => TransitionWords.IsFailover(t.Transition)) is not { } last)
            return "no failover known";
        // Of a leader that was killed the gap alone would tell some milliseconds, where seconds passed.
        var length = last.Gap is { } gap ? TransitionWords.Brief(gap + (TransitionWords.Silence(last.Transition) ?? default)) : "not measured";
        return $"last failover {length}, " + last.Transition.Reason switch
        {
            _ when TransitionWords.IsGraceful(last.Transition) => "graceful",
            "expired" => $"after {last.Transition.PreviousNode ?? "its leader"} fell silent",
            "lost" => $"after {last.Transition.PreviousNode ?? "its leader"} lost the seat",
            _ => "for a reason that is not known",
        };
    }
}
