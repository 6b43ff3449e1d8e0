namespace AspireElection.Stores.Redis;

/// <summary>Arithmetic on the timestamps of a <see cref="TimeProvider"/>.</summary>
internal static class Timestamps
{
    public static long Add(this TimeProvider clock, long timestamp, TimeSpan duration) =>
        timestamp + (long)(duration.TotalSeconds * clock.TimestampFrequency);

    /// <summary>From now until <paramref name="timestamp"/>; zero when it has passed.</summary>
    public static TimeSpan Left(this TimeProvider clock, long timestamp)
    {
        var now = clock.GetTimestamp();
        return timestamp <= now ? TimeSpan.Zero : TimeSpan.FromSeconds((double)(timestamp - now) / clock.TimestampFrequency);
    }

    public static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
