using System.Globalization;

namespace AspireElection.Dashboard.Timeline;

/// <summary>How much of the past a lane shows.</summary>
/// <param name="Name">As in the page's address.</param>
/// <param name="Words">For people.</param>
/// <param name="Length">From its left end to its right.</param>
/// <param name="Tick">From one mark of the axis to the next.</param>
/// <param name="Format">Of the times at the axis.</param>
public sealed record TimelineRange(string Name, string Words, TimeSpan Length, TimeSpan Tick, string Format)
{
    public static readonly TimelineRange Minute = new("1m", "1 min", TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(15), "HH:mm:ss");

    public static readonly TimelineRange Quarter = new("15m", "15 min", TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(5), "HH:mm");

    public static readonly TimelineRange Day = new("24h", "24 h", TimeSpan.FromHours(24), TimeSpan.FromHours(6), "HH:mm");

    public static IReadOnlyList<TimelineRange> All { get; } = [Minute, Quarter, Day];

    /// <summary>The one that is shown to whoever names none.</summary>
    public static TimelineRange Default => Quarter;

    /// <summary>Null for a name that no range has.</summary>
    public static TimelineRange? Named(string? name) => string.IsNullOrEmpty(name) ? Default : All.FirstOrDefault(r => r.Name == name);

    public string Time(DateTimeOffset when) => when.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);
}
