using Microsoft.Extensions.Hosting;

namespace AspireElection.AppHost;

/// <summary>A folder that lives as long as the application.</summary>
internal sealed class TemporaryFolder(string path) : IHostedService, IDisposable
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(path);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Not in StopAsync: the workers still release their leases then. All have ended when this is disposed of (OrderlyEnd),
    // which AppHost.cs does: running the application disposes of nothing.
    public void Dispose()
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (IOException)
        {
            // A worker that outlives the application for a moment may still write into it; the system clears its temporary folder.
        }
    }
}
