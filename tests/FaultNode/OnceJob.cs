using AspireElection.Jobs;

namespace AspireElection.FaultNodes;

/// <summary>Work that has to take effect once in the cluster's life; its effect is an entry of a log.</summary>
internal sealed class OnceJob : ILeaderJob
{
    public const string Log = "once";

    public string Name => "once";

    public JobSchedule Schedule { get; } = JobSchedule.Once("1");

    public async Task<JobOutcome> RunAsync(JobContext context, CancellationToken stopping)
    {
        // Without a look at what is there: that it runs once is the elector's to see to.
        await context.Ledger.AppendAsync(context.Term, Log, $"{context.Term.Token}", 100, stopping);
        return JobOutcome.Done;
    }
}
