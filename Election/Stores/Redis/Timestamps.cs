namespace AspireElection.Stores.Redis;

/// <summary>Arithmetic on the timestamps of a <see cref="TimeProvider"/>.</summary>
internal static class Timestamps
{
    public static long Add(this TimeProvider clock, long timestamp, TimeSpan duration) =>
        timestamp + (long)(duration.TotalSeconds * clock.TimestampFrequency);

    /// <summary>From now until <paramref name="timestamp"/>; negative when it has passed.</summary>
    public static TimeSpan Left(this TimeProvider clock, long timestamp) =>
        TimeSpan.FromSeconds((double)(timestamp - clock.GetTimestamp()) / clock.TimestampFrequency);

    public static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
