using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AspireElection.AppHost;

/// <summary>Starts an exited replica again after five seconds. One that was stopped on purpose stays stopped.</summary>
internal sealed partial class ExitedRestart(
    IResource resource,
    ResourceNotificationService notifications,
    ResourceCommandService commands,
    TimeProvider clock,
    ILogger<ExitedRestart> logger) : EarlyService
{
    private static readonly TimeSpan s_delay = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var seen = new ConcurrentDictionary<string, (string State, int Changes)>();
        var restarts = new List<Task>();
        await foreach (var change in notifications.WatchAsync(stoppingToken))
        {
            if (change.Resource != resource || change.Snapshot.State?.Text is not { } state) continue;
            var previous = seen.GetValueOrDefault(change.ResourceId);
            if (previous.State == state) continue;
            var changes = previous.Changes + 1;
            seen[change.ResourceId] = (state, changes);

            // Only a replica that was alive is started again, so the states that follow one exit start it once.
            if (KnownResourceStates.TerminalStates.Contains(state)
                && (previous.State == KnownResourceStates.Running || previous.State == KnownResourceStates.Starting))
            {
                restarts.RemoveAll(r => r.IsCompleted);
                // Whoever starts it meanwhile, and perhaps stops it then, has the last word.
                restarts.Add(RestartAsync(change.ResourceId, change.Snapshot.ExitCode, () => seen[change.ResourceId].Changes == changes, stoppingToken));
            }
        }
    }

    private async Task RestartAsync(string replica, int? exitCode, Func<bool> stillExited, CancellationToken stoppingToken)
    {
        LogExited(replica, exitCode, s_delay.TotalSeconds);
        await Task.Delay(s_delay, clock, stoppingToken);
        if (!stillExited()) return;
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
