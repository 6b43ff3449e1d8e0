using System.Globalization;
using System.Text.RegularExpressions;

namespace AspireElection.Benchmarks.Rounds;

/// <summary>An event line of a worker, with the time that the worker itself wrote: a busy reader does not falsify it.</summary>
internal sealed partial record Said(DateTimeOffset At, string NodeId, string What)
{
    public const string Became = "BECAME LEADER";
    public const string Lost = "LOST LEADERSHIP";

    public static Said? Parse(string line) =>
        Form().Match(line) is { Success: true } match &&
        DateTimeOffset.TryParse(match.Groups["time"].Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? new Said(at, match.Groups["node"].Value, match.Groups["what"].Value)
            : null;

    [GeneratedRegex(@"^(?<time>[0-9T:.-]+Z) \S+ \[(?<node>[^\]]+)\] (?<what>[A-Z]+ LEADER[A-Z]*) term=")]
    private static partial Regex Form();
}
