using AspireElection.History;

namespace AspireElection.Dashboard.Timeline;

/// <summary>A hand-over as one bar: its parts one after the other, as the new leader measured them.</summary>
/// <param name="Transition">Whose.</param>
/// <param name="Parts">In their order.</param>
/// <param name="TotalMs">All of them together, in milliseconds.</param>
public sealed record Replay(PlacedTransition Transition, IReadOnlyList<ReplayPart> Parts, double TotalMs)
{
    private const int MostParts = 12;
    private const double LongestMs = 1e9;

    /// <summary>That of the last failover; null when there was none.</summary>
    public static Replay? OfLast(Course course)
    {
        if (course.Transitions.LastOrDefault(t => TransitionWords.IsFailover(t.Transition)) is not { } last)
            return null;
        // Entries come from the store, where others write.
        var steps = last.Transition.Steps.Where(s => s.Ms is >= 0 and <= LongestMs).Take(MostParts).ToList();
        var total = steps.Sum(s => s.Ms);
        var parts = new List<ReplayPart>();
        var done = 0.0;
        foreach (var step in steps)
        {
            parts.Add(new ReplayPart(step, total > 0 ? 100 * done / total : 0, total > 0 ? 100 * step.Ms / total : 0));
            done += step.Ms;
        }

        return new Replay(last, parts, total);
    }
}

/// <summary>A part of the bar.</summary>
/// <param name="Step">What was measured.</param>
/// <param name="Left">Where it begins, in percent.</param>
/// <param name="Width">How wide it is, in percent.</param>
public sealed record ReplayPart(TransitionStep Step, double Left, double Width)
{
    /// <summary>As the style sheet knows it.</summary>
    public string Style => Step.Name switch
    {
        "silence" => "silence",
        "drain" => "drain",
        "release" => "release",
        "grant" => "grant",
        "first job" => "first-job",
        _ => "other",
    };

    /// <summary>What the word means.</summary>
    public string Meaning => Step.Name switch
    {
        "silence" => "from the last sign of the old leader to the end of its lease",
        "drain" => "from the signal to the end of the old leader's work",
        "release" => "until the seat was free",
        "grant" => "until the new leader held it",
        "first job" => "until its first job began",
        _ => "",
    };
}
