using System.Globalization;

namespace AspireElection.Jobs;

/// <summary>When a job runs.</summary>
public sealed record JobSchedule
{
    private JobSchedule(string? version, TimeSpan? period)
    {
        Version = version;
        Period = period;
    }

    /// <summary>What has to succeed once in the whole cluster; null for a job with a period.</summary>
    public string? Version { get; }

    /// <summary>From the start of a run to the start of the next; null for a job that runs once.</summary>
    public TimeSpan? Period { get; }

    /// <summary>
    /// Runs until it has succeeded once for this version, whichever leader that was under. A run that fails is not
    /// repeated by the same leader, but by the next one.
    /// </summary>
    /// <param name="version">What has to be done; another text than the one that has succeeded is run anew.</param>
    /// <exception cref="ArgumentException"><paramref name="version"/> is null or empty: what has never run has no version either, so it never would.</exception>
    public static JobSchedule Once(string version)
    {
        ArgumentException.ThrowIfNullOrEmpty(version);
        return new JobSchedule(version, null);
    }

    /// <summary>
    /// Runs each <paramref name="period"/>. The last run is kept where the election lives, so that a new leader
    /// neither repeats nor skips one.
    /// </summary>
    /// <param name="period">From the start of a run to the start of the next, above 0; a run that takes longer is followed by the next at once.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="period"/> is 0 or less.</exception>
    public static JobSchedule Every(TimeSpan period)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(period, TimeSpan.Zero);
        return new JobSchedule(null, period);
    }

    /// <summary><c>once</c> or <c>every 10s</c>.</summary>
    public override string ToString() => Period is { } period
        ? string.Create(CultureInfo.InvariantCulture, $"every {period.TotalSeconds:0.###}s")
        : "once";
}
