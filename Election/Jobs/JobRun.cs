using System.Diagnostics;
using AspireElection.Telemetry;
using AspireElection.Timing;
using Microsoft.Extensions.Logging;

namespace AspireElection.Jobs;

/// <summary>One job on this node: its runs one after the other, and the state that they leave in the ledger.</summary>
internal sealed class JobRun(
    ILeaderJob job,
    ILedger ledger,
    ElectionTelemetry telemetry,
    TimeProvider clock,
    ILogger logger) : IDisposable
{
    private static readonly TimeSpan ProgressPeriod = TimeSpan.FromSeconds(1);

    // Work that ignores its tokens may outlive its term: the same job must not run twice in this process.
    private readonly SemaphoreSlim _one = new(1);
    private long _nextProgress;

    public ILeaderJob Job => job;

    public void Dispose() => _one.Dispose();

    public JobState NewState() => new() { Job = job.Name, Schedule = job.Schedule.ToString() };

    /// <summary>Runs the job once; answers with the state that it left.</summary>
    public async Task<JobState> RunAsync(Leadership leadership, JobState before, CancellationToken stopping)
    {
        await _one.WaitAsync(stopping);
        try
        {
            var now = clock.GetUtcNow();
            var running = before with
            {
                Schedule = job.Schedule.ToString(),
                State = "running",
                LastRun = now,
                NextRun = now + job.Schedule.Period,
                LastTerm = leadership.Token,
                LastNode = leadership.Term.Candidate.NodeId,
                LastError = null,
                Progress = null,
            };
            await WriteAsync(leadership, running);
            var after = await RunMeasuredAsync(leadership, running, before, stopping);
            await WriteAsync(leadership, after);
            return after;
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<JobState> RunMeasuredAsync(
        Leadership leadership, JobState running, JobState before, CancellationToken stopping)
    {
        var startedAt = clock.GetTimestamp();
        using var span = telemetry.StartJob(job.Name, leadership.Token);
        try
        {
            // The state of the run may have taken its time to be written.
            if (stopping.IsCancellationRequested || !leadership.IsTrusted)
                throw new OperationCanceledException(stopping);
            var outcome = await job.RunAsync(new JobContext(leadership, ledger, p => ReportAsync(leadership, running, p)), stopping);
            if (outcome.SkippedBecause is { } because)
            {
                Ended(span, leadership, "skipped", startedAt);
                return before with { Schedule = running.Schedule, State = $"skipped: {because}", NextRun = running.NextRun };
            }

            var took = Ended(span, leadership, "done", startedAt);
            return running.Ended(took) with
            {
                State = job.Schedule.Period is null ? "done" : "waiting",
                DoneVersion = job.Schedule.Version,
            };
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested || !leadership.IsTrusted)
        {
            Ended(span, leadership, "stopped", startedAt);
            return running with { State = "waiting" };
        }
        catch (Exception exception)
        {
            ElectionLog.JobFailed(logger, job.Name, leadership.Term.Election, leadership.Token, exception);
            ElectionTelemetry.Fail(span, exception);
            var took = Ended(span, leadership, "failed", startedAt);
            return running.Ended(took) with
            {
                State = "failed",
                LastError = TextOf(exception),
            };
        }
    }

    /// <summary>A message may quote all that it complains of, and a ledger has no room for that.</summary>
    private static string TextOf(Exception exception)
    {
        var text = exception.Message.ReplaceLineEndings(" ");
        if (text.Length <= JobState.LongestError)
            return text;
        var end = JobState.LongestError - 1;
        return $"{text[..(char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)]}…";
    }

    private TimeSpan Ended(Activity? span, Leadership leadership, string outcome, long startedAt)
    {
        var took = clock.GetElapsedTime(startedAt);
        span?.SetTag("election.job.outcome", outcome);
        telemetry.JobEnded(job.Name, outcome, took);
        if (job.Schedule.Period is null)
            ElectionLog.JobEnded(logger, job.Name, leadership.Term.Election, leadership.Token, outcome);
        else
            ElectionLog.JobEndedQuietly(logger, job.Name, leadership.Term.Election, leadership.Token, outcome);
        return took;
    }

    private async Task ReportAsync(Leadership leadership, JobState running, double progress)
    {
        if (clock.GetTimestamp() < Interlocked.Read(ref _nextProgress))
            return;
        Interlocked.Exchange(ref _nextProgress, clock.After(ProgressPeriod));
        await WriteAsync(leadership, running with { Progress = progress });
    }

    /// <summary>A state that cannot be written is logged: the run itself counts more than what is told of it.</summary>
    private async Task WriteAsync(Leadership leadership, JobState state)
    {
        try
        {
            await ledger.WriteAsync(leadership.Term, JobState.KeyPrefix + job.Name, state.ToJson(), leadership.Lost);
        }
        catch (Exception exception)
        {
            if (exception is StaleTermException)
                ElectionTelemetry.StaleWriteRefused(leadership.Term, "ledger");
            ElectionLog.JobStateNotWritten(logger, job.Name, leadership.Term.Election, exception);
        }
    }
}
