using AspireElection.Jobs;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// What a leader does: it writes to a fenced register all the time, applies a migration once, and warms a cache each
/// period. What it knows of itself is for the checkers.
/// </summary>
internal sealed class LeaderWork(History history, Node node, Plan plan, Dice dice)
{
    public const string Version = "1";
    public const double LeasesInAPeriod = 2.5;
    public const string Writer = "writer";
    public const string Effect = "migration";
    public const string Once = "migrations";
    public const string Periodic = "cache-warming";

    private readonly Line _register = node.RegisterLine!;
    private readonly Host _host = node.Host!;

    /// <summary>Runs of the work that have not ended.</summary>
    public List<WorkRun> Running { get; } = [];

    public TimeSpan Period => plan.Lease * LeasesInAPeriod;

    public IEnumerable<ILeaderJob> Jobs() =>
    [
        new Job(Once, JobSchedule.Once(Version), MigrateAsync),
        new Job(Periodic, JobSchedule.Every(Period), WarmAsync),
    ];

    public async Task WriteAsync(Leadership held)
    {
        var run = Begin(Writer, held);
        try
        {
            var until = node.Plan.Work == WorkStyle.IgnoresItsToken ? held.Lost : held.Resigning;
            while (!until.IsCancellationRequested)
            {
                _ = SendAsync(held, "value");
                await PauseAsync(plan.Lease / 5, until);
            }

            switch (node.Plan.Work)
            {
                case WorkStyle.DrainsSlowly:
                    await PauseAsync(plan.DrainLimit * dice.Between(0.2, 1.5), held.Lost);
                    break;
                case WorkStyle.IgnoresItsToken:
                    await PauseAsync(plan.Lease * dice.Between(0.1, 2.0), CancellationToken.None);
                    break;
                case WorkStyle.Throws:
                    throw new InvalidOperationException("This work throws when it is told to stop.");
            }
        }
        finally
        {
            Running.Remove(run);
        }
    }

    private async Task<JobOutcome> MigrateAsync(JobContext context, CancellationToken stopping)
    {
        var run = Begin(Once, context.Leadership);
        try
        {
            await Task.Delay(plan.Lease * dice.Between(0.01, 0.5), _host.Clock, stopping);
            if (dice.Hits(0.1))
                throw new InvalidOperationException("This run of the job fails.");
            await SendAndWaitAsync(context.Leadership, Effect);
            return JobOutcome.Done;
        }
        finally
        {
            Running.Remove(run);
        }
    }

    private async Task<JobOutcome> WarmAsync(JobContext context, CancellationToken stopping)
    {
        var run = Begin(Periodic, context.Leadership);
        try
        {
            await Task.Delay(plan.Lease * dice.Between(0.01, 0.5), _host.Clock, stopping);
            return JobOutcome.Done;
        }
        finally
        {
            Running.Remove(run);
        }
    }

    private WorkRun Begin(string what, Leadership held)
    {
        var run = new WorkRun(what, node, _host, held, history.Time.Now);
        Running.Add(run);
        history.Started(run);
        return run;
    }

    private async Task PauseAsync(TimeSpan pause, CancellationToken token)
    {
        try
        {
            await Task.Delay(pause, _host.Clock, token);
        }
        catch (OperationCanceledException)
        {
            // Whoever waits looks at its tokens next.
        }
    }

    private async Task SendAsync(Leadership held, string what)
    {
        try
        {
            await SendAndWaitAsync(held, what);
        }
        catch (Exception exception) when (exception is StaleTermException or StoreUnavailableException or TimeoutException)
        {
            // Refused or lost; what counts is what the register took.
        }
    }

    private async Task SendAndWaitAsync(Leadership held, string what)
    {
        await _register.AskAsync("write to the register", () => history.Register.Write(held.Term, what))
            .WaitAsync(plan.Lease, _host.Clock);
    }

    private sealed record Job(string Name, JobSchedule Schedule, Func<JobContext, CancellationToken, Task<JobOutcome>> Run) : ILeaderJob
    {
        public Task<JobOutcome> RunAsync(JobContext context, CancellationToken stopping) => Run(context, stopping);
    }
}

/// <summary>One run of a leader's work that has not ended.</summary>
internal sealed record WorkRun(string What, Node Node, Host Host, Leadership Leadership, long StartedAt);
