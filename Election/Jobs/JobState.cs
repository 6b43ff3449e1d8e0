using System.Text.Json;
using System.Text.Json.Serialization;

namespace AspireElection.Jobs;

/// <summary>What the whole cluster knows of a job; kept in the election's ledger.</summary>
public sealed record JobState
{
    /// <summary>Where job states stand in the ledger.</summary>
    public const string KeyPrefix = "jobs/";

    /// <summary>How many durations are kept.</summary>
    public const int DurationsKept = 20;

    /// <summary>How many characters of an error are kept.</summary>
    public const int LongestError = 4000;

    /// <summary>The job's name.</summary>
    public required string Job { get; init; }

    /// <summary>Its schedule in words.</summary>
    public required string Schedule { get; init; }

    /// <summary><c>waiting</c>, <c>running</c>, <c>done</c>, <c>failed</c>, or <c>skipped: </c> and why.</summary>
    public string State { get; init; } = "waiting";

    /// <summary>When the last run started, by the wall clock of its node; null before the first.</summary>
    public DateTimeOffset? LastRun { get; init; }

    /// <summary>How long the last ended run took, in milliseconds; null before the first end.</summary>
    public double? LastDurationMs { get; init; }

    /// <summary>How long each of the last ended runs took, in milliseconds, oldest first; at most <see cref="DurationsKept"/>.</summary>
    public IReadOnlyList<double> DurationsMs { get; init => field = value ?? []; } = [];

    /// <summary>
    /// When the next run is due, by the wall clock of the node that wrote this and at the earliest under a leader; null
    /// when none is planned.
    /// </summary>
    public DateTimeOffset? NextRun { get; init; }

    /// <summary>The term of the last run, 0 before the first.</summary>
    public long LastTerm { get; init; }

    /// <summary>The node of the last run; null before the first.</summary>
    public string? LastNode { get; init; }

    /// <summary>The error of the last run, cut after <see cref="LongestError"/> characters; null when it did not fail.</summary>
    public string? LastError { get; init; }

    /// <summary>Ended runs of the whole cluster; skipped and interrupted ones do not count.</summary>
    public long Runs { get; init; }

    /// <summary>How far a running one says it is, 0 to 1; null when it does not say.</summary>
    public double? Progress { get; init; }

    /// <summary>The version that has succeeded, for a job that runs once.</summary>
    public string? DoneVersion { get; init; }

    /// <summary>The states of all jobs of an election, by name; asks the store.</summary>
    public static async Task<IReadOnlyList<JobState>> ReadAllAsync(ILedger ledger, string election, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        var written = await ledger.ReadAsync(election, KeyPrefix, cancellationToken);
        return [.. written.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => FromJson(e.Value)).OfType<JobState>()];
    }

    /// <summary>The state after a run that ended by itself, well or not.</summary>
    internal JobState Ended(TimeSpan took) => this with
    {
        LastDurationMs = took.TotalMilliseconds,
        DurationsMs = [.. DurationsMs.Append(Math.Round(took.TotalMilliseconds, 3)).TakeLast(DurationsKept)],
        Runs = Runs + 1,
    };

    internal string ToJson() => JsonSerializer.Serialize(this, JobStateJson.Default.JobState);

    /// <summary>Null for what is no state: one damaged value must not keep all jobs of a leader from running.</summary>
    internal static JobState? FromJson(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, JobStateJson.Default.JobState);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(JobState))]
internal sealed partial class JobStateJson : JsonSerializerContext;
