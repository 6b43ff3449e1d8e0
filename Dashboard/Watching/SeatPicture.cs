namespace AspireElection.Dashboard.Watching;

/// <summary>How a sighting of the seat changes the picture.</summary>
internal static class SeatPicture
{
    public static ElectionPicture With(this ElectionPicture before, Sighting sighting, TimeProvider clock)
    {
        if (sighting.Leader is not { } leader)
            return before with { Leader = null, Vacancy = before.Vacancy ?? VacancyAfter(before, sighting.Released, clock) };
        var left = Left(sighting.EndsAt, clock);
        var sameTerm = before.Leader?.Term == leader.Term;
        return before with
        {
            Leader = leader,
            Vacancy = null,
            VacancyBefore = sameTerm ? before.VacancyBefore : before.Vacancy,
            LeaseEndsAt = sighting.EndsAt,
            LeaseLength = sameTerm && before.LeaseLength > left ? before.LeaseLength : left,
        };
    }

    /// <summary>How long the lease lasts still; below zero when it has run out.</summary>
    public static TimeSpan LeaseLeft(this ElectionPicture picture, TimeProvider clock) => Left(picture.LeaseEndsAt, clock);

    private static TimeSpan Left(long endsAt, TimeProvider clock) =>
        TimeSpan.FromSeconds((endsAt - clock.GetTimestamp()) / (double)clock.TimestampFrequency);

    private static Vacancy VacancyAfter(ElectionPicture before, bool released, TimeProvider clock)
    {
        var now = clock.GetUtcNow();
        if (before.Leader is null)
            return new Vacancy(now, true, null, released);
        var left = before.LeaseLeft(clock);
        return new Vacancy(!released && left < TimeSpan.Zero ? now + left : now, false, before.Leader, released);
    }
}
