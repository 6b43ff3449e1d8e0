using AspireElection.ServiceDefaults.Settings;
using AspireElection.Workers.Settings;
using AspireElection.Workers.Stores;

namespace AspireElection.Workers;

/// <summary>Runs a worker until it is told to stop, and sees to it that it then ends: resigned first, and soon.</summary>
internal static class OrderlyExit
{
    /// <summary>A worker could not start: a line on standard error says why.</summary>
    public const int NotStarted = 1;

    /// <summary>Settings are wrong: lines on standard error say which.</summary>
    public const int WrongSettings = 2;

    // Telemetry is flushed meanwhile; where its endpoint hangs, that must not keep the process.
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(1);

    public static async Task<int> RunToEndAsync(this WebApplication app, WorkerSettings settings)
    {
        try
        {
            await app.StartAsync();
            await app.WaitForShutdownAsync();
            return await EndedAsync(app);
        }
        catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // It was told to stop before everything had started, or its time for stopping was over.
            return await EndedAsync(app);
        }
        catch (Exception exception) when (ListenUrls.Refused(settings.UrlsSource, settings.Urls, exception) is { } line)
        {
            await Console.Error.WriteLineAsync(line);
            return NotStarted;
        }
        finally
        {
            await DisposeSoonAsync(app);
        }
    }

    private static async Task<int> EndedAsync(WebApplication app)
    {
        if (app.Services.GetRequiredService<WrongForServer>().Line is not { } line)
            return 0;
        await Console.Error.WriteLineAsync(line);
        return WrongSettings;
    }

    private static async Task DisposeSoonAsync(WebApplication app)
    {
        try
        {
            // Exporters block in their disposal, hence a thread that may be left behind.
            await Task.Run(() => app.DisposeAsync().AsTask()).WaitAsync(LongestEnd);
        }
        catch (TimeoutException)
        {
            // What has not ended by now ends with the process; the seat was given back before.
        }
    }
}
