using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;

namespace AspireElection.AppHost;

/// <summary>Shows in the Aspire dashboard what each replica is in the election, and in which term.</summary>
internal sealed class WorkerRoles(ProjectResource workers, ResourceNotificationService notifications, TimeProvider clock) : EarlyService
{
    public const string Role = "election.role";
    public const string Term = "election.term";

    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    /// <summary>The newest that Aspire knows of each replica. Telling it of another one would make a resource that is none.</summary>
    private readonly ConcurrentDictionary<string, CustomResourceSnapshot> _replicas = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var watching = WatchAsync(stoppingToken);
        using var timer = new PeriodicTimer(s_period, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (_replicas.Values.Any(s => s.State?.Text == KnownResourceStates.Running))
                await TellAsync(stoppingToken);
        }

        await watching;
    }

    private async Task WatchAsync(CancellationToken stoppingToken)
    {
        await foreach (var change in notifications.WatchAsync(stoppingToken))
        {
            if (change.Resource == workers)
                _replicas[change.ResourceId] = change.Snapshot;
        }
    }

    private async Task TellAsync(CancellationToken stoppingToken)
    {
        if (await WorkersElection.AskAsync(workers, stoppingToken) is not { } election)
            return;
        foreach (var (id, known) in _replicas)
        {
            var member = known.State?.Text == KnownResourceStates.Running ? election.ReplicaOf(id, workers) : null;
            var role = member is null ? "none" : election.RoleOf(member);
            var term = (member is null ? 0 : election.Leader?.Term ?? member.Term).ToString(CultureInfo.InvariantCulture);
            // What is told comes back as a change of the replica: told each second, it would keep every page busy.
            if (ValueOf(known, Role) != role || ValueOf(known, Term) != term)
                await notifications.PublishUpdateAsync(workers, id, s => With(With(s, Role, role), Term, term));
        }
    }

    private static string? ValueOf(CustomResourceSnapshot snapshot, string name) =>
        snapshot.Properties.FirstOrDefault(p => p.Name == name)?.Value as string;

    /// <summary>Takes the place of the old value: two properties of one name would both be shown.</summary>
    private static CustomResourceSnapshot With(CustomResourceSnapshot snapshot, string name, string value) => snapshot with
    {
        Properties =
        [
            .. snapshot.Properties.Where(p => p.Name != name),
            // Others are behind "show all" on the page.
            new ResourcePropertySnapshot(name, value) { IsHighlighted = true },
        ],
    };
}

internal static class WorkerRolesExtensions
{
    public static void ShowRoles(this IDistributedApplicationBuilder builder, IResourceBuilder<ProjectResource> workers) =>
        builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<WorkerRoles>(
            services, workers.Resource, TimeProvider.System));
}
