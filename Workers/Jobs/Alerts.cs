using System.Diagnostics.Metrics;
using AspireElection.Jobs;
using AspireElection.Telemetry;
using AspireElection.Workers.Settings;

namespace AspireElection.Workers.Jobs;

/// <summary>Tells operators that nobody led for longer than a lease; once for each such gap, by the leader that ended it.</summary>
internal sealed partial class Alerts(WorkerSettings settings, ILogger<Alerts> logger) : ILeaderJob
{
    private static readonly Meter Meter = new(ElectionTelemetry.Name);

    private static readonly Counter<long> Leaderless = Meter.CreateCounter<long>(
        "election.alerts", "{alert}", "Times that an election was leaderless for longer than its lease");

    private long _lookedAt;

    public string Name => "alerts";

    public JobSchedule Schedule { get; } = JobSchedule.Every(settings.Election.LeaseDuration);

    public Task<JobOutcome> RunAsync(JobContext context, CancellationToken stopping)
    {
        var leadership = context.Leadership;
        if (Interlocked.Exchange(ref _lookedAt, leadership.Token) != leadership.Token &&
            leadership.LeaderlessBefore is { } gap && gap > settings.Election.LeaseDuration)
        {
            LogLeaderless(logger, leadership.Term.Election, gap.TotalSeconds, leadership.Token);
            Leaderless.Add(1, new("election.name", leadership.Term.Election), new("election.node.id", leadership.Term.Candidate.NodeId));
        }

        return Task.FromResult(JobOutcome.Done);
    }

    [LoggerMessage(101, LogLevel.Warning, "Election '{Election}' was without a leader for {Seconds:0.0} s before term {Term}")]
    private static partial void LogLeaderless(ILogger logger, string election, double seconds, long term);
}
