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
        var done = await context.Ledger.ReadLogAsync(context.Term.Election, Log, stopping);
        // A leader that was killed between the effect and its note leaves the effect behind.
        if (done.Count == 0)
            await context.Ledger.AppendAsync(context.Term, Log, $"{context.Term.Token}", 100, stopping);
        return JobOutcome.Done;
    }
}
