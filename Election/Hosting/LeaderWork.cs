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
    /// <exception cref="InvalidOperationException">Jobs have no name that can be, or one that is taken; the message names all of them.</exception>
    public static void AddTo(Candidate candidate, IEnumerable<ILeaderJob> jobs, ElectionOptions options, SemaphoreSlim turns, ILogger logger)
    {
        var (store, times) = (candidate.Store, LeadershipTimes.From(options));
        var added = jobs.ToList();
        RefuseNames(candidate.Election, added);
        var runs = added.ConvertAll(job => new JobRun(job, store, candidate.Telemetry, BootClock.Instance, logger));
        var recorder = new TransitionRecorder(store, times, BootClock.Instance, ElectionThreads.OfProcess, turns, logger)
        {
            TellsOfJobs = runs.Count > 0,
            HasWork = options.WhileLeading.Count > 0,
        };
        candidate.AddWork(recorder.BeginAsync);
        if (runs.Count > 0)
            candidate.AddWork(new LeaderJobs(runs, store, BootClock.Instance, times.RetryPeriod) { Begins = recorder.JobsBegin }.RunAsync);
    }

    /// <summary>A state is kept by the name of its job: of two that shared one, the second would be taken for done by the first.</summary>
    private static void RefuseNames(string election, IReadOnlyList<ILeaderJob> jobs)
    {
        var problems = jobs.Where(job => !ElectionOptionsValidator.IsName(job.Name))
            .Select(job => $"{job.GetType().Name}.{nameof(job.Name)} is '{job.Name}'; allowed: {ElectionOptionsValidator.Names}")
            .Concat(jobs.GroupBy(job => job.Name, StringComparer.Ordinal).Where(same => same.Count() > 1)
                .Select(same => $"'{same.Key}' is the name of {string.Join(" and ", same.Select(job => job.GetType().Name))}; allowed: one job of a name"))
            .ToList();
        if (problems.Count > 0)
            throw new InvalidOperationException($"Jobs of election '{election}': {string.Join("; ", problems)}");
    }
}
