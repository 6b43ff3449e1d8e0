using AspireElection.Dashboard.Timeline;

namespace AspireElection.Dashboard.Words;

/// <summary>How it was at a moment of the past, in sentences.</summary>
/// <param name="Condition">How it was.</param>
/// <param name="Sentence">Who led.</param>
/// <param name="After">How that began and ended.</param>
/// <param name="Title">For the tab.</param>
public sealed record StillWords(Condition Condition, string Sentence, string After, string Title)
{
    public static StillWords Of(string election, Course course, DateTimeOffset at, DateTimeOffset now)
    {
        var stretch = course.At(at);
        var next = course.Stretches.FirstOrDefault(s => s.From >= stretch.To && s != stretch);
        var when = $"At {Texts.Clock(at, now)} UTC";
        var since = stretch.From == DateTimeOffset.MinValue ? "" : $" since {Texts.Clock(stretch.From, now)}";
        return stretch.Kind switch
        {
            StretchKind.Led => new(
                Condition.Fine,
                $"{when} {stretch.Node} led {election} in term {stretch.Term},{since}.",
                next is null ? $"It is still leading, {Texts.Duration(now - stretch.From)} so far." : $"{End(stretch, next, now)} {Then(next)}",
                $"{stretch.Node} led · {Texts.Clock(at, now)} · {election}"),
            StretchKind.Leaderless => new(
                Condition.Leaderless,
                $"{when} nobody led {election},{since}{(stretch.Why.Length > 0 ? $": {stretch.Why}" : "")}.",
                next is null ? $"Still nobody leads, {Texts.Duration(now - stretch.From)} so far."
                    : $"That lasted {TransitionWords.Brief(stretch.Length)}, until {Texts.Clock(stretch.To, now)}. {Then(next)}",
                $"no leader · {Texts.Clock(at, now)} · {election}"),
            _ => new(
                Condition.Looking,
                $"{when}: who led {election} is not known, because {stretch.Why}.",
                (stretch.Node is { } node ? $"{node} led in term {stretch.Term}{since}, nobody knows until when. " : "")
                    + (next is null ? "Nothing later is known." : $"Known again from {Texts.Clock(stretch.To, now)}. {Then(next)}"),
                $"not known · {Texts.Clock(at, now)} · {election}"),
        };
    }

    private static string End(Stretch stretch, Stretch next, DateTimeOffset now) =>
        $"That lasted {Texts.Duration(stretch.Length)}, until {Texts.Clock(next.From, now)}.";

    private static string Then(Stretch next) => next.Kind switch
    {
        StretchKind.Led => $"Then {next.Node} led, in term {next.Term}.",
        StretchKind.Leaderless => $"Then nobody led for {TransitionWords.Brief(next.Length)}{(next.Why.Length > 0 ? $": {next.Why}" : "")}.",
        _ => $"Then it is not known who led, because {next.Why}.",
    };
}
