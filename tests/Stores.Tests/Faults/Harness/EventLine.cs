using System.Globalization;
using System.Text.RegularExpressions;

namespace AspireElection.Faults.Harness;

/// <summary>A line that a node printed about one of its own terms.</summary>
internal sealed partial record EventLine(TimeSpan At, string What, long Term)
{
    public const string Became = "BECAME LEADER";
    public const string Lost = "LOST LEADERSHIP";
    public const string ToldLost = "TOLD LOST";
    public const string JobStarted = "JOB STARTED";
    public const string JobEnded = "JOB ENDED";

    public static EventLine? Parse(string line)
    {
        if (Form().Match(line) is not { Success: true } match)
            return null;
        var at = DateTime.Parse(match.Groups["time"].Value, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal);
        return new EventLine(
            RunClock.Of(at), match.Groups["what"].Value, long.Parse(match.Groups["term"].Value, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"^(?<time>[0-9T:.-]+Z) \S+ \[[^\]]+\] (?<what>[A-Z ]+[A-Z]) term=(?<term>[0-9]+)")]
    private static partial Regex Form();
}
