using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace AspireElection;

/// <summary>A setting that cannot be, in words for people.</summary>
/// <param name="Setting">The property of <see cref="ElectionOptions"/>, or <c>Election</c> for the election's name.</param>
/// <param name="Value">What was found.</param>
/// <param name="Allowed">What is allowed.</param>
public sealed record ElectionOptionsProblem(string Setting, string Value, string Allowed);

/// <summary>Looks at each option and at the relations between them, and reports all problems at once.</summary>
public sealed partial class ElectionOptionsValidator : IValidateOptions<ElectionOptions>
{
    /// <summary>What a name may be, in words for people.</summary>
    internal const string Names = "1 to 128 characters of A-Z a-z 0-9 . _ -";

    /// <summary>The shortest lease.</summary>
    public static TimeSpan ShortestLease { get; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest of all durations. A longer one is a mistake, and its multiples would not fit into a clock.</summary>
    public static TimeSpan LongestDuration { get; } = TimeSpan.FromHours(24);

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, ElectionOptions options)
    {
        var problems = Problems(name ?? string.Empty, options);
        return problems.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(problems.Select(p => $"election '{name}': {p.Setting} is {p.Value}; allowed: {p.Allowed}"));
    }

    /// <summary>All problems of <paramref name="options"/> for an election called <paramref name="election"/>.</summary>
    public static IReadOnlyList<ElectionOptionsProblem> Problems(string election, ElectionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var problems = new List<ElectionOptionsProblem>();
        Check(IsName(election), "Election", Quote(election), Names);
        Check(IsName(options.NodeId), nameof(options.NodeId), Quote(options.NodeId), Names);
        Check(options.InstanceId is null or "" || IsName(options.InstanceId), nameof(options.InstanceId),
            Quote(options.InstanceId), Names);
        var beyond = Durations(options).Where(d => d.Value > LongestDuration || d.Value < -LongestDuration).ToList();
        foreach (var (setting, value) in beyond)
            Check(false, setting, Text(value!.Value), "at most 24h, and not below 0");
        // What is worked out from such a duration, and how others relate to it, is no further problem, and no number.
        if (beyond.Count > 0)
            return problems;

        var times = LeadershipTimes.From(options);
        Check(times.Lease >= ShortestLease, nameof(options.LeaseDuration), Text(times.Lease), "at least 100ms");
        Check(times.Margin >= TimeSpan.Zero && times.Margin < times.Lease, nameof(options.Margin), Text(times.Margin),
            $"from 0 to below the lease duration of {Text(times.Lease)}");
        Check(times.RenewPeriod > TimeSpan.Zero && times.RenewPeriod <= times.Trust / 2, nameof(options.RenewPeriod),
            Text(times.RenewPeriod), $"above 0, at most {Text(times.Trust / 2)}: half of the lease duration minus the margin");
        Check(times.RetryPeriod > TimeSpan.Zero && times.RetryPeriod < times.Lease, nameof(options.RetryPeriod),
            Text(times.RetryPeriod), $"above 0, below the lease duration of {Text(times.Lease)}");
        Check(times.DrainLimit >= TimeSpan.Zero, nameof(options.DrainLimit), Text(times.DrainLimit), "0 or more");
        Check(times.NodeTimeout > times.Lease, nameof(options.NodeTimeout), Text(times.NodeTimeout),
            $"above the lease duration of {Text(times.Lease)}");
        return problems;

        void Check(bool holds, string setting, string value, string allowed)
        {
            if (!holds)
                problems.Add(new ElectionOptionsProblem(setting, value, allowed));
        }
    }

    /// <summary>Whether <paramref name="name"/> can name a node or an election.</summary>
    public static bool IsName(string? name) => name is not null && NamePattern().IsMatch(name);

    /// <summary>As they were given; null where the default is worked out.</summary>
    private static (string Setting, TimeSpan? Value)[] Durations(ElectionOptions options) =>
    [
        (nameof(options.LeaseDuration), options.LeaseDuration), (nameof(options.Margin), options.Margin),
        (nameof(options.RenewPeriod), options.RenewPeriod), (nameof(options.RetryPeriod), options.RetryPeriod),
        (nameof(options.DrainLimit), options.DrainLimit), (nameof(options.NodeTimeout), options.NodeTimeout),
    ];

    private static string Quote(string? value) => $"'{value}'";

    private static string Text(TimeSpan duration) => duration.TotalSeconds >= 1 || duration <= TimeSpan.Zero
        ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.###}s")
        : string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0.###}ms");

    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,128}\z")]
    private static partial Regex NamePattern();
}
