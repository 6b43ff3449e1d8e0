using Microsoft.Extensions.Hosting;

namespace AspireElection.Hosting;

/// <summary>
/// Starts the elections when everything else is up (only then the node's own address is known), and resigns before
/// anything else stops, so that the successor leads while this node still answers.
/// </summary>
internal sealed class ElectionService(Elections elections) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(elections.Candidates.Select(c => c.StartAsync()));

    public Task StoppingAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(elections.Candidates.Select(c => c.StopAsync()));

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
