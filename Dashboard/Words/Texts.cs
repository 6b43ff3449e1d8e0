using System.Globalization;

namespace AspireElection.Dashboard.Words;

/// <summary>Times, durations and counts for people. All times are UTC, as in the event lines of the workers.</summary>
internal static class Texts
{
    private const double LongestMilliseconds = 1e14;

    /// <summary>The time of day, with the date where it is not today's.</summary>
    public static string Clock(DateTimeOffset when, DateTimeOffset now) =>
        when.UtcDateTime.ToString(when.UtcDateTime.Date == now.UtcDateTime.Date ? "HH:mm:ss" : "d MMM HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>The time of day without seconds, with the date where it is not today's.</summary>
    public static string Minute(DateTimeOffset when, DateTimeOffset now) =>
        when.UtcDateTime.ToString(when.UtcDateTime.Date == now.UtcDateTime.Date ? "HH:mm" : "d MMM HH:mm", CultureInfo.InvariantCulture);

    public static string Iso(DateTimeOffset when) =>
        when.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Two units at most; below ten seconds one decimal.</summary>
    public static string Duration(TimeSpan duration) => duration switch
    {
        { Ticks: < 0 } => "0 s",
        { TotalSeconds: < 10 } => Invariant($"{duration.TotalSeconds:0.0} s"),
        { TotalSeconds: < 60 } => Invariant($"{Math.Floor(duration.TotalSeconds)} s"),
        { TotalMinutes: < 60 } => Invariant($"{duration.Minutes} min {duration.Seconds} s"),
        { TotalHours: < 24 } => Invariant($"{duration.Hours} h {duration.Minutes} min"),
        _ => Invariant($"{duration.Days} d {duration.Hours} h"),
    };

    /// <summary>How long ago; a moment in the future is another clock that is ahead, and counts as now.</summary>
    public static string Ago(DateTimeOffset when, DateTimeOffset now) =>
        now - when is { TotalSeconds: >= 1 } age ? $"{Duration(TimeSpan.FromSeconds(Math.Floor(age.TotalSeconds)))} ago".Replace(".0 s", " s") : "now";

    /// <summary>
    /// A duration that is given in milliseconds. It may come from the store or from a node: one that no time span can hold
    /// must not keep the page from everybody.
    /// </summary>
    public static string Milliseconds(double milliseconds) => milliseconds switch
    {
        >= 1000 => Duration(TimeSpan.FromMilliseconds(Math.Min(milliseconds, LongestMilliseconds))),
        >= 0 => Invariant($"{milliseconds:0} ms"),
        _ => "0 ms",
    };

    public static string Count(int count, string one, string many) => Invariant($"{count} {(count == 1 ? one : many)}");

    /// <summary>A number as attributes of HTML and SVG want it.</summary>
    public static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
