namespace AspireElection.Timing;

/// <summary>
/// A heartbeat as one process finds it when it looks, and since when it was the last: counted on that process's own clock,
/// because what the heartbeat says of its time is of another's.
/// </summary>
/// <param name="Beat">What tells it from the one before.</param>
/// <param name="Since">Since when nothing was heard after it, as a timestamp.</param>
/// <param name="LookedAt">When it was last looked at, as a timestamp.</param>
internal readonly record struct SeenBeat<T>(T Beat, long Since, long LookedAt)
    where T : IEquatable<T>
{
    /// <summary>What is seen of it now, after all that was seen before.</summary>
    /// <param name="before">Null for one that was never seen.</param>
    /// <param name="beat">What tells it from the one before.</param>
    /// <param name="now">A timestamp.</param>
    /// <param name="age">
    /// How old it is by the clocks of others. It came after the last look: so a wrong clock is believed no further than that,
    /// and the silence of a member that is heard is never taken for longer than the time between two looks.
    /// </param>
    public static SeenBeat<T> Next(SeenBeat<T>? before, T beat, long now, long age) => before switch
    {
        null => new(beat, now, now),
        { } known when known.Beat.Equals(beat) => known with { LookedAt = now },
        { } known => new(beat, Math.Max(known.LookedAt, now - Math.Max(age, 0)), now),
    };
}
