using AspireElection.Timing;

namespace AspireElection.Jobs;

/// <summary>
/// The jobs of an election on this node: while it leads, first those that run once, one after the other in the order
/// of their registration, then those with a period, side by side.
/// </summary>
internal sealed class LeaderJobs(IReadOnlyList<JobRun> jobs, ILedger ledger, TimeProvider clock, TimeSpan retryPeriod)
{
    /// <summary>Called when a run begins, or when none is due and all stand ready; must not block.</summary>
    public Action<Leadership> Begins { get; init; } = static _ => { };

    public async Task RunAsync(Leadership leadership)
    {
        var stopping = leadership.Resigning;
        var states = await ReadStatesAsync(leadership.Term.Election, stopping);
        foreach (var job in jobs.Where(j => j.Job.Schedule.Period is null))
        {
            var state = StateOf(job, states);
            if (state.DoneVersion != job.Job.Schedule.Version)
                await RunOnceAsync(job, leadership, state, stopping);
        }

        if (jobs.Where(j => j.Job.Schedule.Period is not null).All(j => UntilNext(StateOf(j, states).LastRun, j.Job.Schedule.Period!.Value) > TimeSpan.Zero))
            Begins(leadership);
        await Task.WhenAll(jobs
            .Where(j => j.Job.Schedule.Period is not null)
            .Select(job => RunEachPeriodAsync(job, leadership, StateOf(job, states), stopping)));
    }

    private async Task RunEachPeriodAsync(JobRun job, Leadership leadership, JobState state, CancellationToken stopping)
    {
        var period = job.Job.Schedule.Period!.Value;
        // Told to stop it ends without an exception: those of all jobs, thrown anew in each method on their way, were a part
        // of each hand-over.
        var wake = new Wake(clock, period);
        using var told = stopping.UnsafeRegister(static wake => ((Wake)wake!).Set(), wake);
        while (true)
        {
            var dueAt = clock.After(UntilNext(state.LastRun, period));
            while (!stopping.IsCancellationRequested && clock.GetTimestamp() < dueAt)
                await wake.WaitUntilAsync(dueAt);
            if (stopping.IsCancellationRequested)
                return;
            var startedAt = clock.GetUtcNow();
            state = await RunOnceAsync(job, leadership, state, stopping);
            // A skipped run leaves no trace in the state, but it had its turn.
            if (state.LastRun is null || state.LastRun < startedAt)
                state = state with { LastRun = startedAt };
        }
    }

    private Task<JobState> RunOnceAsync(JobRun job, Leadership leadership, JobState state, CancellationToken stopping)
    {
        Begins(leadership);
        return job.RunAsync(leadership, state, stopping);
    }

    /// <summary>A last run in the future (another node's clock is ahead) costs at most one period.</summary>
    private TimeSpan UntilNext(DateTimeOffset? lastRun, TimeSpan period)
    {
        var left = lastRun is { } last ? last + period - clock.GetUtcNow() : TimeSpan.Zero;
        return left < TimeSpan.Zero ? TimeSpan.Zero : left > period ? period : left;
    }

    /// <summary>Without the states a run-once job would be repeated: waits for the store as long as the term lasts.</summary>
    private async Task<IReadOnlyDictionary<string, string>> ReadStatesAsync(string election, CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                return await ledger.ReadAsync(election, JobState.KeyPrefix, stopping);
            }
            catch (Exception) when (!stopping.IsCancellationRequested)
            {
                // The election itself reports that the store is away; the term ends if it stays so.
                await Task.Delay(retryPeriod, clock, stopping);
            }
        }
    }

    private static JobState StateOf(JobRun job, IReadOnlyDictionary<string, string> states) =>
        (states.TryGetValue(JobState.KeyPrefix + job.Job.Name, out var json) ? JobState.FromJson(json) : null) ?? job.NewState();
}
