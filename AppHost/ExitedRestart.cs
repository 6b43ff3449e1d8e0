using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AspireElection.AppHost;

/// <summary>Starts an exited replica again after five seconds. One that was stopped on purpose stays stopped.</summary>
internal sealed partial class ExitedRestart(
    IResource resource,
    ResourceNotificationService notifications,
    ResourceCommandService commands,
    TimeProvider clock,
    ILogger<ExitedRestart> logger) : BackgroundService
{
    private static readonly TimeSpan s_delay = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var before = new Dictionary<string, string>();
        var restarts = new List<Task>();
        await foreach (var change in notifications.WatchAsync(stoppingToken))
        {
            if (change.Resource != resource || change.Snapshot.State?.Text is not { } state) continue;
            var previous = before.GetValueOrDefault(change.ResourceId);
            before[change.ResourceId] = state;

            // Only a replica that was alive is started again, so the states that follow one exit start it once.
            if (KnownResourceStates.TerminalStates.Contains(state)
                && (previous == KnownResourceStates.Running || previous == KnownResourceStates.Starting))
            {
                restarts.RemoveAll(r => r.IsCompleted);
                restarts.Add(RestartAsync(change.ResourceId, change.Snapshot.ExitCode, stoppingToken));
            }
        }
    }

    private async Task RestartAsync(string replica, int? exitCode, CancellationToken stoppingToken)
    {
        LogExited(replica, exitCode, s_delay.TotalSeconds);
        await Task.Delay(s_delay, clock, stoppingToken);
        var result = await commands.ExecuteCommandAsync(replica, KnownResourceCommands.StartCommand, stoppingToken);
        if (!result.Success) LogNotStarted(replica, result.Message);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Replica} exited with code {ExitCode}; it is started again in {Seconds} s")]
    private partial void LogExited(string replica, int? exitCode, double seconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Replica} was not started again: {Reason}")]
    private partial void LogNotStarted(string replica, string? reason);
}

internal static class ExitedRestartExtensions
{
    public static void RestartExited(this IDistributedApplicationBuilder builder, IResourceBuilder<IResource> resource) =>
        builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<ExitedRestart>(
            services, resource.Resource, TimeProvider.System));
}
