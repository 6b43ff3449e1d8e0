using System.Globalization;
using AspireElection.FaultNodes.Registers;
using AspireElection.Jobs;
using AspireElection.Workers.Output;
using AspireElection.Workers.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace AspireElection.FaultNodes;

/// <summary>
/// Writes its token every few milliseconds for as long as the leadership lasts, and then for another lease as a past
/// leader that does not know when to stop: only the fence can refuse those writes.
/// </summary>
internal sealed class WritingJob(WorkerSettings settings, IRegister register, LineWriter lines, TimeProvider clock) : ILeaderJob
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan PauseAfterError = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan WriteLimit = TimeSpan.FromMilliseconds(500);

    private static int s_drainMilliseconds;

    public string Name => "writing";

    public JobSchedule Schedule { get; } = JobSchedule.Every(TimeSpan.FromMilliseconds(1));

    public async Task<JobOutcome> RunAsync(JobContext context, CancellationToken stopping)
    {
        var leadership = context.Leadership;
        // On the thread of cancellations: this line comes although the pool may be starved.
        await using var told = leadership.Lost.Register(() => Say("TOLD LOST", leadership));
        Say("JOB STARTED", leadership);
        try
        {
            await WriteWhileAsync(leadership, () => !stopping.IsCancellationRequested, stopping);
            var drained = clock.GetTimestamp() + Ticks(TimeSpan.FromMilliseconds(s_drainMilliseconds));
            await WriteWhileAsync(leadership, () => !leadership.Lost.IsCancellationRequested && clock.GetTimestamp() < drained, leadership.Lost);
        }
        finally
        {
            Say("JOB ENDED", leadership);
        }

        var stale = clock.GetTimestamp() + Ticks(settings.Election.LeaseDuration);
        _ = WriteWhileAsync(leadership, () => clock.GetTimestamp() < stale, CancellationToken.None);
        return JobOutcome.Done;
    }

    /// <summary>For how long the writing goes on after it was told to stop.</summary>
    public static void MapDrain(WebApplication app) => app.MapPost("/drain", (int ms) =>
    {
        Interlocked.Exchange(ref s_drainMilliseconds, ms);
        return Results.Accepted();
    });

    private async Task WriteWhileAsync(Leadership leadership, Func<bool> goOn, CancellationToken stopping)
    {
        while (goOn())
        {
            var pause = Pause;
            try
            {
                await register.WriteAsync(leadership.Term, stopping).WaitAsync(WriteLimit, CancellationToken.None);
            }
            catch (StaleTermException)
            {
                return;
            }
            catch (Exception)
            {
                // The register is away, or the wait was cancelled: what counts is what it accepted.
                pause = PauseAfterError;
            }

            await Task.Delay(pause, clock, CancellationToken.None);
        }
    }

    private long Ticks(TimeSpan duration) => (long)(duration.TotalSeconds * clock.TimestampFrequency);

    private void Say(string what, Leadership leadership) => lines.Write(string.Create(
        CultureInfo.InvariantCulture,
        $"{clock.GetUtcNow().UtcDateTime:yyyy-MM-ddTHH:mm:ss.ffffffZ} 🔧 [{settings.Election.NodeId}] {what} term={leadership.Token}"));
}
