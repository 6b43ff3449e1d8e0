using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AspireElection.AppHost;

/// <summary>Commands of each replica in the Aspire dashboard that move the seat.</summary>
internal static class WorkerCommands
{
    public const string Resign = "resign";
    public const string Pause = "pause-renewals";

    public static IResourceBuilder<ProjectResource> WithDrillCommands(this IResourceBuilder<ProjectResource> worker, AdminAccess admin)
    {
        var pause = PausedRenewals.Of(worker.ApplicationBuilder.Configuration["LEASE_DURATION"]);
        return worker
            .WithCommand(Resign, "Resign", c => RunAsync(worker.Resource, admin, "resign", c),
                Options("Hands the seat to another replica; its jobs drain first", "ArrowExit"))
            .WithCommand(Pause, "Pause renewals", c => RunAsync(worker.Resource, admin, pause.Drill, c), Options(pause.Description, "Pause"));
    }

    private static CommandOptions Options(string description, string icon) => new()
    {
        Description = description,
        IconName = icon,
        UpdateState = context => context.ResourceSnapshot is { State.Text: var state, HealthStatus: HealthStatus.Healthy } && state == KnownResourceStates.Running
            ? ResourceCommandState.Enabled
            : ResourceCommandState.Disabled,
    };

    /// <summary>A command of Aspire's own over HTTP would reach whichever replica the shared address leads to.</summary>
    private static async Task<ExecuteCommandResult> RunAsync(ProjectResource workers, AdminAccess admin, string drill, ExecuteCommandContext context)
    {
        if (await WorkersElection.AskAsync(workers, context.CancellationToken) is not { } election)
            return Failed("no worker answers");
        if (election.ReplicaOf(context.ResourceName, workers) is not { } replica)
            return Failed($"{context.ResourceName} takes no part in {election.Election} yet");
        return await election.DrillAsync(replica, drill, admin.WorkersToken, context.CancellationToken) is { } problem
            ? Failed(problem)
            : CommandResults.Success();
    }

    private static ExecuteCommandResult Failed(string why) => new() { Success = false, Message = why };
}
