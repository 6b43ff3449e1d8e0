using Microsoft.Extensions.Hosting;

namespace AspireElection.Hosting;

/// <summary>
/// Starts the elections when everything else is up (only then the node's own address is known), and resigns before
/// anything else stops, so that the successor leads while this node still answers.
/// </summary>
internal sealed class ElectionService(Elections elections, Rehearsal rehearsal) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        foreach (var candidate in elections.Candidates)
            candidate.StartIfNew();
        rehearsal.Begin();
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        rehearsal.Stop();
        try
        {
            await Task.WhenAll(elections.Candidates.Select(c => c.StopAsync())).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The store does not answer, and the host's time to stop is over: the seat goes on when its lease ends.
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
