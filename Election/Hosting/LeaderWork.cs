using AspireElection.History;
using AspireElection.Jobs;
using AspireElection.Timing;
using Microsoft.Extensions.Logging;

namespace AspireElection.Hosting;

/// <summary>What a host adds to the terms of a candidate: their history, and the jobs.</summary>
internal static class LeaderWork
{
    /// <param name="candidate">Before its start.</param>
    /// <param name="jobs">In the order in which they were added.</param>
    /// <param name="options">Those of the candidate.</param>
    /// <param name="turns">So many requests of history at once.</param>
    /// <param name="logger">Where to log.</param>
    public static void AddTo(Candidate candidate, IEnumerable<ILeaderJob> jobs, ElectionOptions options, SemaphoreSlim turns, ILogger logger)
    {
        var (store, times) = (candidate.Store, LeadershipTimes.From(options));
        var runs = jobs.Select(job => new JobRun(job, store, candidate.Telemetry, BootClock.Instance, logger)).ToList();
        var recorder = new TransitionRecorder(store, times, BootClock.Instance, ElectionThreads.OfProcess, turns, logger)
        {
            TellsOfJobs = runs.Count > 0,
            HasWork = options.WhileLeading.Count > 0,
        };
        candidate.AddWork(recorder.BeginAsync);
        if (runs.Count > 0)
            candidate.AddWork(new LeaderJobs(runs, store, BootClock.Instance, times.RetryPeriod) { Begins = recorder.JobsBegin }.RunAsync);
    }
}
