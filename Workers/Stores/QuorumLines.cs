using AspireElection.Stores.Quorum;

namespace AspireElection.Workers.Stores;

/// <summary>
/// Ends the lines between peers once this node has resigned, and before the web server stops: it would wait for them as
/// for requests that are being answered.
/// </summary>
internal sealed class QuorumLines(QuorumStore peer) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => peer.CloseLinesAsync();

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
