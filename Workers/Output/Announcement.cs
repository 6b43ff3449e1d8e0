using AspireElection.Workers.Http;
using AspireElection.Workers.Settings;

namespace AspireElection.Workers.Output;

/// <summary>Says where the worker listens and that it takes part now, before anything else happens.</summary>
internal sealed class Announcement(
    WorkerSettings settings, OwnAddress address, FirstAnswer first, EventText text, LineWriter lines, TimeProvider clock) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        await first.TakeAsync(cancellationToken);
        lines.Write($"listening: {address.Url}");
        lines.Write($"election: {settings.LockName} on {settings.Store.Kind}");
        lines.Write(text.Started(clock.GetUtcNow()));
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
