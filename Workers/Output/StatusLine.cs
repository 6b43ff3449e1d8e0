using AspireElection.Workers.Settings;

namespace AspireElection.Workers.Output;

/// <summary>Prints a line a second that says whether this node leads.</summary>
internal sealed class StatusLine(WorkerSettings settings, EventText text, LineWriter lines, TimeProvider clock, IServiceProvider services)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!settings.StatusLine)
            return;
        var candidate = services.GetRequiredKeyedService<Candidate>(settings.LockName);
        using var timer = new PeriodicTimer(Period, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            lines.Write(text.Status(clock.GetUtcNow(), candidate.IsLeader));
    }
}
