namespace AspireElection.Jobs;

/// <summary>Singleton work: it runs on the leader only.</summary>
/// <remarks>
/// The token of <see cref="RunAsync"/> fires when the leader resigns, is stopped or loses its term:
/// the job then comes to its end within the drain limit. When <see cref="Leadership.Lost"/> fires another node may
/// lead already; whatever the job still writes must carry its fencing token and will be refused.
/// </remarks>
public interface ILeaderJob
{
    /// <summary>The job's name, unique in its election, 1–128 characters of <c>A-Z a-z 0-9 . _ -</c>.</summary>
    string Name { get; }

    /// <summary>When it runs.</summary>
    JobSchedule Schedule { get; }

    /// <summary>Runs once. An exception is a failed run: it is logged, kept as the job's last error and counted.</summary>
    Task<JobOutcome> RunAsync(JobContext context, CancellationToken stopping);
}
