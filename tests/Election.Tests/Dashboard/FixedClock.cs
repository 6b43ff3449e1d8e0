using System.Globalization;

namespace AspireElection.Dashboard;

/// <summary>It is 14:10:00 UTC, and stays so.</summary>
internal sealed class FixedClock : TimeProvider
{
    public static readonly DateTimeOffset Now = new(2026, 11, 21, 14, 10, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => TimeSpan.TicksPerHour;

    /// <summary>A moment of that day.</summary>
    public static DateTimeOffset At(string time) => new(Now.Date + TimeSpan.Parse(time, CultureInfo.InvariantCulture), TimeSpan.Zero);
}
