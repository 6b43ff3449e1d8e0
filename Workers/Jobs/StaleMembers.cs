using AspireElection.Jobs;
using AspireElection.Workers.Settings;

namespace AspireElection.Workers.Jobs;

/// <summary>Takes nodes off the list that have been silent for too long: those that were killed could not leave.</summary>
internal sealed class StaleMembers(WorkerSettings settings, IServiceProvider services) : ILeaderJob
{
    public string Name => "stale-members";

    public JobSchedule Schedule { get; } = JobSchedule.Every(settings.NodeTimeout);

    public async Task<JobOutcome> RunAsync(JobContext context, CancellationToken stopping)
    {
        var store = services.GetRequiredKeyedService<IElectionStore>(context.Term.Election);
        await store.RemoveStaleAsync(context.Term.Election, settings.NodeTimeout, stopping);
        return JobOutcome.Done;
    }
}
