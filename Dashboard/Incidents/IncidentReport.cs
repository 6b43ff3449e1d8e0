using AspireElection.Dashboard.Timeline;
using AspireElection.Dashboard.Watching;
using AspireElection.Dashboard.Words;

namespace AspireElection.Dashboard.Incidents;

/// <summary>Three lines of Markdown about one transition, to be pasted where people talk about it.</summary>
internal static class IncidentReport
{
    private const int MostNamed = 5;

    /// <summary>What happened and when; how long nobody led, and of what that consisted; how it is now.</summary>
    public static string Of(ElectionPicture picture, PlacedTransition placed, Course course, DateTimeOffset now) =>
        $"{Happened(picture, placed)}\n{Gap(placed)}\n{Present(picture, course, now)}\n";

    private static string Happened(ElectionPicture picture, PlacedTransition placed)
    {
        var transition = placed.Transition;
        var ending = TransitionWords.Ending(transition);
        var of = transition.PreviousTerm > 0 ? $" (term {transition.PreviousTerm})" : "";
        return $"**{Markdown.Escape(picture.Election)}**, {Texts.Iso(placed.At)}: {Markdown.Escape(ending)}{of}; "
            + $"**{Markdown.Escape(transition.Node)}** leads in term {transition.Term}.";
    }

    private static string Gap(PlacedTransition placed)
    {
        var transition = placed.Transition;
        var length = !TransitionWords.IsFailover(transition) ? "Nobody is known to have led before"
            : placed.Gap is { } gap ? $"Nobody led for **{TransitionWords.Brief(gap)}**"
            : "How long nobody led was not measured";
        var steps = transition.Steps.Take(12).Select(s => $"{Markdown.Escape(s.Name)} {Texts.Number(Math.Round(s.Ms, 1))} ms").ToList();
        return $"{length}; reason: {Markdown.Escape(transition.Reason)}{(steps.Count == 0 ? "" : $"; measured by the successor: {string.Join(", ", steps)}")}.";
    }

    private static string Present(ElectionPicture picture, Course course, DateTimeOffset now)
    {
        var last = course.Stretches[^1];
        var seat = last.Kind switch
        {
            StretchKind.Led => $"{Markdown.Escape(last.Node!)} has led in term {last.Term} since {Texts.Iso(last.From)}",
            StretchKind.Leaderless => $"nobody has led since {Texts.Iso(last.From)}",
            _ => $"who leads is not known, because {Markdown.Escape(last.Why)}",
        };
        var silent = picture.Members.Count(m => picture.IsSilent(m, now));
        var members = Texts.Count(picture.Members.Count, "member", "members") + (silent > 0 ? $" ({silent} silent)" : "");
        return $"Now, {Texts.Iso(now)}: {seat}; {members}; {Jobs(picture)}.";
    }

    private static string Jobs(ElectionPicture picture)
    {
        var failed = picture.Jobs.Where(j => j.State == "failed").ToList();
        var jobs = Texts.Count(picture.Jobs.Count, "job", "jobs");
        if (failed.Count == 0)
            return $"{jobs}, none failed";
        var named = failed.Take(MostNamed).Select(j => Markdown.Escape(j.Job));
        return $"{jobs}, failed: {string.Join(", ", named)}{(failed.Count > MostNamed ? $" and {failed.Count - MostNamed} more" : "")}";
    }
}
