using AspireElection.Dashboard.Watching;

namespace AspireElection.Dashboard.Words;

/// <summary>Is it fine, and since when: of one election, in one sentence.</summary>
/// <param name="Condition">How it is.</param>
/// <param name="Sentence">For the page.</param>
/// <param name="Title">For the tab: a sign, and a few words.</param>
/// <param name="Since">Since when it is so; null when unknown.</param>
public sealed record Verdict(Condition Condition, string Sentence, string Title, DateTimeOffset? Since)
{
    internal static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(300);

    /// <summary>The verdict on one election.</summary>
    public static Verdict Of(ElectionPicture picture, TimeProvider clock)
    {
        var now = clock.GetUtcNow();
        var name = picture.Election;
        if (picture.Trouble is { } trouble)
            return Unreachable(picture, trouble, now);
        if (!picture.IsComplete)
            return new(Condition.Looking, $"Looking for {name} in {picture.Store}…", $"… {name}", null);
        if (picture.IsUntouched)
            return new(Condition.Empty, $"No worker takes part in {name} yet.", $"○ no workers · {name}", null);
        if (picture.Leader is not { } leader)
            return Leaderless(picture, now);
        var overdue = -picture.LeaseLeft(clock);
        return overdue > Grace ? Overdue(picture, leader, now - overdue, now) : Led(picture, leader, now);
    }

    /// <summary>The verdict on all of them: that of the worst.</summary>
    public static Verdict Of(IReadOnlyList<ElectionPicture> pictures, TimeProvider clock)
    {
        var all = pictures.Select(p => Of(p, clock)).ToList();
        var worst = all.MaxBy(v => v.Condition)!;
        if (all.Count == 1)
            return worst;
        if (worst.Condition == Condition.Fine)
        {
            var newest = all.Max(v => v.Since)!.Value;
            return new(Condition.Fine,
                $"All is well: each of the {all.Count} elections has a leader, and none has changed since {Texts.Clock(newest, clock.GetUtcNow())} UTC.",
                $"✔ {all.Count} elections", newest);
        }

        var others = all.Count(v => v.Condition != Condition.Fine) - 1;
        return others == 0 ? worst : worst with
        {
            Sentence = $"{worst.Sentence} {Texts.Count(others, "other election needs", "other elections need")} a look, too.",
        };
    }

    private static Verdict Led(ElectionPicture picture, Leader leader, DateTimeOffset now)
    {
        var leads = $"{leader.NodeId} has led {picture.Election} since {Texts.Clock(leader.Since, now)} UTC";
        return Flaws(picture, now) is { Length: > 0 } flaws
            ? new(Condition.Attention, $"{leads}, but {flaws}.", $"▲ {leader.NodeId} leads · {picture.Election}", leader.Since)
            : new(Condition.Fine, $"All is well: {leads}.", $"✔ {leader.NodeId} leads · {picture.Election}", leader.Since);
    }

    private static string Flaws(ElectionPicture picture, DateTimeOffset now)
    {
        var failed = picture.Jobs.Where(j => j.State == "failed").Select(j => j.Job).ToList();
        var silent = picture.Members.Where(m => picture.IsSilent(m, now)).Select(m => m.Id.NodeId)
            // A node that was started again is here, although its last life is still on the list.
            .Except(picture.Members.Where(m => !picture.IsSilent(m, now)).Select(m => m.Id.NodeId)).ToList();
        string?[] flaws =
        [
            failed.Count == 0 ? null : $"the {(failed.Count == 1 ? "job" : "jobs")} {Listed(failed)} failed",
            silent.Count == 0 ? null : $"{Listed(silent)} fell silent",
        ];
        return string.Join(" and ", flaws.Where(f => f is not null));
    }

    private static string Listed(List<string> names) => names.Count switch
    {
        <= 2 => string.Join(" and ", names),
        _ => $"{names[0]}, {names[1]} and {names.Count - 2} more",
    };

    private static Verdict Overdue(ElectionPicture picture, Leader leader, DateTimeOffset since, DateTimeOffset now) => new(
        Condition.Leaderless,
        $"Nobody has led {picture.Election} since {Texts.Clock(since, now)} UTC: the lease of {leader.NodeId} ran out.",
        $"✖ no leader · {picture.Election}",
        since);

    private static Verdict Leaderless(ElectionPicture picture, DateTimeOffset now)
    {
        var vacancy = picture.Vacancy!;
        var since = $"{(vacancy.AtLeast ? "at least " : "")}{Texts.Clock(vacancy.Since, now)} UTC";
        var why = picture.IsDeserted(now) ? ": no worker is here."
            : vacancy.Last is not { } last ? "."
            : vacancy.Released ? $": {last.NodeId} gave the seat back."
            : $": {last.NodeId} was lost.";
        return new(Condition.Leaderless, $"Nobody has led {picture.Election} since {since}{why}",
            $"✖ no leader · {picture.Election}", vacancy.Since);
    }

    private static Verdict Unreachable(ElectionPicture picture, StoreTrouble trouble, DateTimeOffset now)
    {
        var since = Texts.Clock(trouble.Since, now);
        return new(
            Condition.Unreachable,
            picture.HeardAt is null
                ? $"This page cannot see who leads {picture.Election}: its store ({picture.Store}) has not answered since the page's server started at {since} UTC."
                : $"This page cannot see who leads {picture.Election}: its store ({picture.Store}) has not answered since {since} UTC.",
            $"? {picture.Store} is away · {picture.Election}",
            trouble.Since);
    }
}
