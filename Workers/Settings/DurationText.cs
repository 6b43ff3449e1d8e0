using System.Globalization;
using System.Text.RegularExpressions;

namespace AspireElection.Workers.Settings;

/// <summary>Durations as people write them: <c>500ms</c>, <c>15s</c>, <c>1m</c> or <c>hh:mm:ss</c>.</summary>
internal static partial class DurationText
{
    /// <summary>What to tell somebody whose duration could not be read.</summary>
    public const string Allowed = "a duration up to 24 hours such as 500ms, 15s, 1m or 00:01:30";

    /// <summary>As the library; a test compares them. The AppHost has this file too, and no library.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    public static TimeSpan? Parse(string text)
    {
        // The end of a day as a clock tells it; the form of .NET stops a second before.
        if (text == "24:00:00")
            return Longest;
        if (TimeSpan.TryParseExact(text, @"hh\:mm\:ss", CultureInfo.InvariantCulture, out var clockForm))
            return clockForm;
        if (Form().Match(text) is not { Success: true } match ||
            !double.TryParse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture, out var number))
        {
            return null;
        }

        var unit = match.Groups[2].Value switch { "ms" => 1, "s" => 1_000, _ => 60_000 };
        return number * unit <= Longest.TotalMilliseconds ? TimeSpan.FromMilliseconds(number * unit) : null;
    }

    [GeneratedRegex(@"\A([0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|s|m)\z")]
    private static partial Regex Form();
}
