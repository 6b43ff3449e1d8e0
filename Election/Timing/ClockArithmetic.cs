namespace AspireElection.Timing;

/// <summary>Timestamps and durations of a <see cref="TimeProvider"/>.</summary>
internal static class ClockArithmetic
{
    public static long ToTicksOf(this TimeSpan duration, TimeProvider clock) =>
        (long)(duration.TotalSeconds * clock.TimestampFrequency);

    public static long After(this TimeProvider clock, TimeSpan duration) =>
        clock.GetTimestamp() + duration.ToTicksOf(clock);

    /// <summary>From now until <paramref name="timestamp"/>; zero when it has passed.</summary>
    public static TimeSpan Until(this TimeProvider clock, long timestamp)
    {
        var left = timestamp - clock.GetTimestamp();
        return left <= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((double)left / clock.TimestampFrequency);
    }

    /// <summary>
    /// Rounded up to what timers can do. They cut a duration to whole milliseconds: a wait for the last half of one
    /// would end at once, again and again, until the time has come.
    /// </summary>
    public static TimeSpan ForTimer(this TimeSpan duration) => TimeSpan.FromMilliseconds(Math.Ceiling(duration.TotalMilliseconds));
}
