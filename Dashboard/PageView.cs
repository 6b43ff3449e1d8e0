using System.Globalization;
using AspireElection.Dashboard.Timeline;

namespace AspireElection.Dashboard;

/// <summary>What somebody wants to see of the page: told by its address, which may be sent to others.</summary>
/// <param name="Range">How much of the past the lanes show.</param>
/// <param name="At">A moment of the past as a still picture; null for now, which follows.</param>
/// <param name="Election">Of one election alone; null for all.</param>
public sealed record PageView(TimelineRange Range, DateTimeOffset? At = null, string? Election = null)
{
    private const int LongestEcho = 60;

    private static readonly string[] s_moments =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mmK",
    ];

    /// <summary>What of the address cannot be shown, in one line; null when all can.</summary>
    public string? Problem { get; private init; }

    public static PageView Read(IQueryCollection query, IReadOnlyList<string> elections, DateTimeOffset now)
    {
        var view = new PageView(TimelineRange.Default);
        if (TimelineRange.Named(query["range"]) is not { } range)
            return view.With($"range is '{Shorten(query["range"])}'; allowed: {string.Join(", ", TimelineRange.All.Select(r => r.Name))}");
        view = view with { Range = range };
        var election = (string?)query["election"];
        if (!string.IsNullOrEmpty(election) && !elections.Contains(election))
            return view.With($"election is '{Shorten(election)}'; this page shows: {string.Join(", ", elections)}");
        var told = (string?)query["at"];
        if (string.IsNullOrEmpty(told))
            return view;
        if (Moment(told) is not { } at || at.Year < 2000)
            return view.With($"at is '{Shorten(told)}'; allowed: a moment such as {now.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}, in UTC if nothing else is said");
        if (at > now)
            return view.With($"at is '{Shorten(told)}', a moment that has not come yet; it is {now.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'} now");
        return view with { At = at, Election = string.IsNullOrEmpty(election) ? null : election };
    }

    private PageView With(string problem) => this with { Problem = $"Not shown, because {problem}. What follows is the present." };

    private static DateTimeOffset? Moment(string text) => DateTimeOffset.TryParseExact(
        // In a query a plus sign stands for a space.
        text.Length > 16 && text[^6] == ' ' ? $"{text[..^6]}+{text[^5..]}" : text,
        s_moments, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) ? at : null;

    private static string Shorten(string? text) => text is { Length: > LongestEcho } ? text[..LongestEcho] + "…" : text ?? "";
}
