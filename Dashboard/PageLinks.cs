using System.Globalization;
using AspireElection.Dashboard.Timeline;

namespace AspireElection.Dashboard;

/// <summary>Addresses of the page and of what belongs to it.</summary>
public static class PageLinks
{
    public const string Incident = "/incident.md";

    /// <summary>The present.</summary>
    public static string Now(TimelineRange range) => range == TimelineRange.Default ? "/" : $"/?range={range.Name}";

    /// <summary>The same with another range, at the lane of one election.</summary>
    public static string Ranged(PageView view, TimelineRange range, string election) =>
        (view.At is { } at ? Still(at, view.Election, range) : $"/?range={range.Name}") + $"#timeline-{election}";

    /// <summary>A moment as a still picture.</summary>
    public static string Still(DateTimeOffset at, string? election, TimelineRange range) =>
        $"/?at={Milliseconds(at)}"
        + (election is null ? "" : $"&election={Uri.EscapeDataString(election)}")
        + (range == TimelineRange.Default ? "" : $"&range={range.Name}");

    /// <summary>Three lines of Markdown about a transition.</summary>
    public static string IncidentOf(string election, long term) =>
        $"{Incident}?election={Uri.EscapeDataString(election)}&term={term.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Rounded up: a moment cut down would lie before the transition that it points to.</summary>
    private static string Milliseconds(DateTimeOffset at) => at.UtcDateTime
        .AddTicks((TimeSpan.TicksPerMillisecond - at.UtcTicks % TimeSpan.TicksPerMillisecond) % TimeSpan.TicksPerMillisecond)
        .ToString("yyyy-MM-dd'T'HH:mm:ss.FFF'Z'", CultureInfo.InvariantCulture);
}
