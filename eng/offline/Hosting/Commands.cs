using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

public enum ResourceCommandState
{
    Enabled,
    Disabled,
    Hidden,
}

public class CommandOptions
{
    public string? Description { get; set; }
    public string? ConfirmationMessage { get; set; }
    public string? IconName { get; set; }
    public bool IsHighlighted { get; set; }
    public Func<UpdateCommandStateContext, ResourceCommandState>? UpdateState { get; set; }
}

public sealed class UpdateCommandStateContext
{
    public required CustomResourceSnapshot ResourceSnapshot { get; init; }
    public required IServiceProvider Services { get; init; }
}

public sealed class ExecuteCommandContext
{
    public required IServiceProvider Services { get; init; }
    public required string ResourceName { get; init; }
    public required CancellationToken CancellationToken { get; init; }
    public required ILogger Logger { get; init; }
}

public sealed class ExecuteCommandResult
{
    public required bool Success { get; init; }
    public bool Canceled { get; init; }
    public string? Message { get; init; }
}

public static class CommandResults
{
    public static ExecuteCommandResult Success() => new() { Success = true };

    public static ExecuteCommandResult Success(string message) => new() { Success = true, Message = message };

    public static ExecuteCommandResult Failure(string? errorMessage = null) => new() { Success = false, Message = errorMessage };

    public static ExecuteCommandResult Canceled() => new() { Success = false, Canceled = true };
}

public static class KnownResourceCommands
{
    public static readonly string StartCommand = "start";
    public static readonly string StopCommand = "stop";
    public static readonly string RestartCommand = "restart";
}

public class ResourceCommandService
{
    private readonly ResourceNotificationService notifications;
    private readonly IServiceProvider services;
    private readonly ILoggerFactory loggers;

    internal ResourceCommandService(ResourceNotificationService notifications, IServiceProvider services, ILoggerFactory loggers)
    {
        this.notifications = notifications;
        this.services = services;
        this.loggers = loggers;
    }

    /// <summary>Runs a command on one instance; like Aspire, without asking whether a page would offer it now.</summary>
    public async Task<ExecuteCommandResult> ExecuteCommandAsync(
        string resourceId, string commandName, CancellationToken cancellationToken = default)
    {
        if (notifications.Current(resourceId) is not { } current)
        {
            return CommandResults.Failure($"Resource '{resourceId}' not found.");
        }

        var command = current.Resource.Annotations.OfType<ResourceCommandAnnotation>().LastOrDefault(c => c.Name == commandName);
        if (command is null)
        {
            return CommandResults.Failure($"Command '{commandName}' not available for resource '{resourceId}'.");
        }

        try
        {
            return await command.Execute(new ExecuteCommandContext
            {
                Services = services,
                ResourceName = resourceId,
                CancellationToken = cancellationToken,
                Logger = loggers.CreateLogger($"AppHost.Resources.{resourceId}"),
            });
        }
        catch (OperationCanceledException)
        {
            return CommandResults.Canceled();
        }
        catch (Exception e)
        {
            // Whatever the command's own code throws is the answer to whoever asked for it.
            return CommandResults.Failure(e.Message);
        }
    }
}

internal sealed record ResourceCommandAnnotation(
    string Name,
    string DisplayName,
    Func<ExecuteCommandContext, Task<ExecuteCommandResult>> Execute,
    CommandOptions Options) : IResourceAnnotation;
