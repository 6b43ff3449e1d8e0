namespace AspireElection.History;

/// <summary>Everything that a new leader knows of how the seat came to it, made into one <see cref="Transition"/>.</summary>
/// <param name="Term">Its term.</param>
/// <param name="Since">When it began, by its wall clock.</param>
/// <param name="Lease">The lease: no part between two nodes that both run takes longer.</param>
/// <param name="Seen">What it had seen.</param>
/// <param name="Farewell">What the last leader that ended in an orderly way has left; null when nobody has.</param>
/// <param name="Logged">The last transition of the log; read only by a node that has seen nobody lead.</param>
/// <param name="FirstJob">From the beginning of the term to its first job; null while there was none.</param>
internal sealed record TransitionFacts(
    Term Term, DateTimeOffset Since, TimeSpan Lease, Succession Seen, Farewell? Farewell, Transition? Logged, TimeSpan? FirstJob)
{
    public Transition ToTransition()
    {
        var (previous, node) = Previous();
        // What an earlier leader has left says nothing of a later one that was killed.
        var said = Farewell is { } left && left.Term == previous && previous > 0 ? left : null;
        var transition = new Transition { Term = Term.Token, Node = Term.Candidate.NodeId, At = Since, PreviousTerm = previous, PreviousNode = node };
        var grant = Seen.Leaderless ?? Seen.Granted;
        if (previous == 0)
            return transition with { Reason = "first", Steps = [Step("grant", Seen.Granted), .. AfterGrant()] };
        if (said is { Reason: "resigned" or "preempted" or "stopped" })
        {
            var release = ReleaseAfter(said, grant);
            return transition with
            {
                Reason = said.Reason,
                LeaderlessMs = Seen.Previous is null ? LeaderlessSince(said) : Rounded(grant + (said.DrainMs is null ? default : release ?? default)),
                Steps = [.. Drain(said), .. Release(release), Step("grant", grant), .. AfterGrant()],
            };
        }

        return transition with
        {
            Reason = said?.Reason ?? (Seen.Released ? "released" : Seen.CutOff || Seen.Leaderless is not null ? "expired" : "unknown"),
            // Who has seen nobody lead found the seat free; for how long it had been so it cannot tell.
            LeaderlessMs = Seen.Previous is null ? null : Rounded(grant),
            Steps = [.. Silence(), Step("grant", grant), .. AfterGrant()],
        };
    }

    private (long Term, string? Node) Previous()
    {
        (long Term, string? Node)[] known =
            [(Farewell?.Term ?? 0, Farewell?.Node), (Seen.Previous?.Term ?? 0, Seen.Previous?.NodeId), (Logged?.Term ?? 0, Logged?.Node)];
        return known.Where(k => k.Term > 0 && k.Term < Term.Token).DefaultIfEmpty().MaxBy(k => k.Term);
    }

    /// <summary>
    /// From the end of the drain, or from the signal where that end is not known, until the seat was seen free. Between two
    /// wall clocks: null where that cannot be, because one of them is wrong.
    /// </summary>
    private TimeSpan? ReleaseAfter(Farewell said, TimeSpan grant) =>
        Since - grant - said.At - TimeSpan.FromMilliseconds(said.DrainMs ?? 0) is var release && release >= TimeSpan.Zero && release <= Lease ? release : null;

    private double? LeaderlessSince(Farewell said) =>
        Since - said.At - TimeSpan.FromMilliseconds(said.DrainMs ?? 0) is var gap && gap >= TimeSpan.Zero ? Rounded(gap) : null;

    private static IEnumerable<TransitionStep> Drain(Farewell said) => said.DrainMs is { } drain ? [new("drain", Math.Round(drain, 3))] : [];

    private static IEnumerable<TransitionStep> Release(TimeSpan? release) => release is { } took ? [Step("release", took)] : [];

    private IEnumerable<TransitionStep> Silence() => Seen is { Silence: { } silence, Released: false } ? [Step("silence", silence)] : [];

    private IEnumerable<TransitionStep> AfterGrant() => FirstJob is { } first ? [Step("first job", first)] : [];

    private static TransitionStep Step(string name, TimeSpan took) => new(name, Rounded(took));

    private static double Rounded(TimeSpan took) => Math.Round(took.TotalMilliseconds, 3);
}
