using AspireElection.Dashboard.Watching;
using AspireElection.Dashboard.Words;

namespace AspireElection.Dashboard.Timeline;

/// <summary>
/// Who led an election when: from the history that leaders wrote, and at its end from what the dashboard itself sees.
/// </summary>
public sealed class Course
{
    private Course(IReadOnlyList<Stretch> stretches, IReadOnlyList<PlacedTransition> transitions) =>
        (Stretches, Transitions) = (stretches, transitions);

    /// <summary>Oldest first, without holes; the first begins with time itself.</summary>
    public IReadOnlyList<Stretch> Stretches { get; }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<PlacedTransition> Transitions { get; }

    /// <summary>The one in which a moment lies.</summary>
    public Stretch At(DateTimeOffset moment) => Stretches.Last(s => s.From <= moment);

    /// <summary>What of it lies between two moments, cut at both.</summary>
    public IEnumerable<Stretch> Between(DateTimeOffset from, DateTimeOffset to) => Stretches
        .Where(s => s.From == s.To ? s.From >= from && s.From <= to : s.From < to && s.To > from)
        .Select(s => s with { From = s.From < from ? from : s.From, To = s.To > to ? to : s.To });

    /// <summary>The course up to now.</summary>
    public static Course Of(ElectionPicture picture, TimeProvider clock)
    {
        var now = clock.GetUtcNow();
        var known = picture is { Trouble: not null, HeardAt: { } heard } && heard < now ? heard : now;
        var transitions = PlacedTransition.Place(picture.History, picture.Leader, known);
        var draft = new CourseDraft();
        if (transitions.Count == 0)
            draft.Doubt("no transition was written down");
        foreach (var transition in transitions)
            Take(draft, transition);
        if (picture.Leader is { } leader)
            TakeLeader(draft, picture, leader, known, clock);
        else if (picture.Vacancy is { } vacancy)
            TakeVacancy(draft, vacancy, known);
        else
            draft.Doubt("the dashboard has not seen the seat yet");
        if (known < now)
            draft.Turn(new Stretch(StretchKind.Unknown, known, now) { Why = "the store does not answer" });
        return new Course(draft.Close(now), transitions);
    }

    private static void Take(CourseDraft draft, PlacedTransition placed)
    {
        var transition = placed.Transition;
        if (draft.Open.Kind == StretchKind.Led && transition.PreviousTerm > draft.Open.Term)
            draft.Doubt($"term {transition.PreviousTerm} was not written down");
        else if (draft.Open.Term == 0 && transition.Reason == "first")
            draft.Doubt("there was no leader known before");
        if (placed.Gap is { } gap && gap > TimeSpan.Zero)
        {
            var from = placed.At.UtcTicks > gap.Ticks ? placed.At - gap : DateTimeOffset.MinValue;
            draft.Turn(new Stretch(StretchKind.Leaderless, from, placed.At) { Why = TransitionWords.Ending(transition) });
        }

        draft.Turn(Led(placed.At, transition.Node, transition.Term));
    }

    private static void TakeLeader(CourseDraft draft, ElectionPicture picture, Leader leader, DateTimeOffset known, TimeProvider clock)
    {
        // Its own entry follows after its grant, and may never come.
        if (leader.Term > draft.Open.Term)
        {
            if (picture.VacancyBefore is { } vacancy)
                TakeVacancy(draft, vacancy, known);
            draft.Turn(Led(leader.Since < known ? leader.Since : known, leader.NodeId, leader.Term));
        }

        var overdue = -picture.LeaseLeft(clock);
        if (picture.Trouble is null && overdue > Verdict.Grace && draft.Open.Term == leader.Term)
            draft.Turn(new Stretch(StretchKind.Leaderless, known - overdue, known) { Why = $"the lease of {leader.NodeId} ran out" });
    }

    private static void TakeVacancy(CourseDraft draft, Vacancy vacancy, DateTimeOffset known)
    {
        if (vacancy.Last is { } last)
        {
            // The history knows a later leader, whom the dashboard has not seen on the seat yet.
            if (draft.Open.Term > last.Term)
                return;
            if (last.Term > draft.Open.Term)
                draft.Turn(Led(last.Since < vacancy.Since ? last.Since : vacancy.Since, last.NodeId, last.Term));
        }

        var since = vacancy.Since < known ? vacancy.Since : known;
        if (vacancy.AtLeast && draft.Open.Kind == StretchKind.Led)
            draft.Doubt("the dashboard was not there when its term ended");
        draft.Turn(new Stretch(StretchKind.Leaderless, since, known)
        {
            Why = vacancy.Last is not { } before ? "" : vacancy.Released ? $"{before.NodeId} gave the seat back" : $"{before.NodeId} was lost",
        });
    }

    private static Stretch Led(DateTimeOffset from, string node, long term) => new(StretchKind.Led, from, from) { Node = node, Term = term };
}
