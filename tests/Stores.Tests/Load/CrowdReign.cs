using System.Globalization;

namespace AspireElection.Load;

/// <summary>A leadership as the process that hosted it tells it: certainly from the first instant to the last.</summary>
internal sealed record CrowdReign(string Election, string Node, long Term, TimeSpan First, TimeSpan Last, string End)
{
    public static CrowdReign? Parse(string line) => line.Split(' ') is ["reign", var election, var node, var term, var first, var last, var end]
        ? new CrowdReign(election, node, long.Parse(term, CultureInfo.InvariantCulture), At(first), At(last), end)
        : null;

    /// <summary>Only differences count: all processes name instants of one wall clock.</summary>
    private static TimeSpan At(string time) =>
        DateTime.Parse(time, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind) - DateTime.UnixEpoch;
}
