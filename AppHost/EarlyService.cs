using Microsoft.Extensions.Hosting;

namespace AspireElection.AppHost;

/// <summary>
/// Runs beside Aspire from its very start. Aspire's own service has started only when all processes are created, which is
/// after the servers that they wait for are healthy: whatever starts behind it has missed all before.
/// </summary>
internal abstract class EarlyService : BackgroundService, IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => base.StartAsync(cancellationToken);

    /// <summary>It runs already.</summary>
    public sealed override Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
