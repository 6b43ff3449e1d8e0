using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.ApplicationModel;

public sealed record ResourceStateSnapshot(string Text, string? Style)
{
    public static implicit operator ResourceStateSnapshot?(string? s) => s is null ? null : new(s, null);
}

public sealed record CustomResourceSnapshot
{
    public required string ResourceType { get; init; }
    public required ImmutableArray<ResourcePropertySnapshot> Properties { get; init; }
    public ResourceStateSnapshot? State { get; init; }
    public int? ExitCode { get; init; }
    public HealthStatus? HealthStatus { get; internal init; }
    internal DateTime Created { get; init; } = DateTime.UtcNow;

    /// <summary>The control plane's object, where there is one.</summary>
    internal JsonObject? Executable { get; init; }
    internal ImmutableArray<(string Key, HealthStatus Status, string? Description)> Checks { get; init; } = [];
}

public sealed record ResourcePropertySnapshot(string Name, object? Value)
{
    public string? DisplayName { get; init; }
    public bool IsSensitive { get; init; }
    public bool IsHighlighted { get; init; }
}

public class ResourceEvent(IResource resource, string resourceId, CustomResourceSnapshot snapshot)
{
    public IResource Resource { get; } = resource;
    public string ResourceId { get; } = resourceId;
    public CustomResourceSnapshot Snapshot { get; } = snapshot;
}

public static class KnownResourceStates
{
    public static readonly string NotStarted = "NotStarted";
    public static readonly string Waiting = "Waiting";
    public static readonly string Starting = "Starting";
    public static readonly string Running = "Running";
    public static readonly string Stopping = "Stopping";
    public static readonly string FailedToStart = "FailedToStart";
    public static readonly string Exited = "Exited";
    public static readonly string Finished = "Finished";
    public static readonly IReadOnlyList<string> TerminalStates = [Finished, FailedToStart, Exited];
}

public class ResourceNotificationService
{
    /// <summary>Changes that a watcher may leave unread; above it the watcher fails, since one that misses some is wrong for ever.</summary>
    private const int Backlog = 10_000;

    private readonly Lock gate = new();
    private readonly Dictionary<string, ResourceEvent> states = [];
    private readonly List<Channel<ResourceEvent>> watchers = [];

    internal ResourceNotificationService() { }

    public async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var channel = Channel.CreateBounded<ResourceEvent>(Backlog);
        lock (gate)
        {
            foreach (var state in states.Values) channel.Writer.TryWrite(state);

            watchers.Add(channel);
        }

        try
        {
            await foreach (var change in channel.Reader.ReadAllAsync(cancellationToken))
            {
                yield return change;
            }
        }
        finally
        {
            lock (gate) watchers.Remove(channel);
        }
    }

    public Task<ResourceEvent> WaitForResourceAsync(
        string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default) =>
        FirstAsync(e => string.Equals(e.Resource.Name, resourceName, StringComparison.OrdinalIgnoreCase) && predicate(e), cancellationToken);

    public Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default) =>
        WaitForResourceAsync(resourceName, e => e.Snapshot.HealthStatus == HealthStatus.Healthy, cancellationToken);

    internal async Task WaitForAllHealthyAsync(IResource resource, int instances, CancellationToken cancellationToken)
    {
        var healthy = new Dictionary<string, bool>();
        await FirstAsync(
            e =>
            {
                if (e.Resource == resource) healthy[e.ResourceId] = e.Snapshot.HealthStatus == HealthStatus.Healthy;

                return healthy.Count(h => h.Value) >= instances;
            },
            cancellationToken);
    }

    public Task PublishUpdateAsync(
        IResource resource, string resourceId, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        Publish(resource, resourceId, stateFactory);
        return Task.CompletedTask;
    }

    internal IReadOnlyList<ResourceEvent> Current()
    {
        lock (gate) return [.. states.Values];
    }

    internal ResourceEvent? Current(string resourceId)
    {
        lock (gate) return states.GetValueOrDefault(resourceId);
    }

    internal void Publish(IResource resource, string resourceId, Func<CustomResourceSnapshot, CustomResourceSnapshot> change)
    {
        lock (gate)
        {
            var before = states.GetValueOrDefault(resourceId)?.Snapshot ?? new CustomResourceSnapshot
            {
                ResourceType = resource is ProjectResource ? "Project" : "Executable",
                Properties = [],
            };
            var after = change(before);
            if (after == before) return;

            var state = states[resourceId] = new ResourceEvent(resource, resourceId, after);
            watchers.RemoveAll(w => !w.Writer.TryWrite(state)
                && w.Writer.TryComplete(new InvalidOperationException($"A watcher left {Backlog} changes unread.")));
        }
    }

    private async Task<ResourceEvent> FirstAsync(Func<ResourceEvent, bool> wanted, CancellationToken cancellationToken)
    {
        await foreach (var change in WatchAsync(cancellationToken))
        {
            if (wanted(change)) return change;
        }

        throw new OperationCanceledException(cancellationToken);
    }
}
