using AspireElection.Jobs;
using AspireElection.Tests.Simulation;
using Microsoft.Extensions.Logging.Abstractions;

namespace AspireElection.Tests.Core;

/// <summary>Singleton jobs over changes of the leader.</summary>
public sealed class JobsTests
{
    [Fact]
    public void A_job_that_runs_once_is_not_repeated_by_the_next_leader() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var runs = new List<string>();
        var first = New(world, nodes, "node-1", Once("migrations", context => runs.Add(context.Term.Candidate.NodeId)));
        var second = New(world, nodes, "node-2", Once("migrations", context => runs.Add(context.Term.Candidate.NodeId)));
        await first.CampaignAsync();
        await second.StartAsync();
        await world.PassAsync(TimeSpan.FromSeconds(1));
        await first.StopAsync();
        await world.UntilAsync(() => second.IsLeader, TimeSpan.FromSeconds(1), "the second leads");
        await world.PassAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(["node-1"], runs);
        var state = Assert.Single(await JobState.ReadAllAsync(nodes.Store, Nodes.Election, default));
        Assert.Equal(("done", 1L, "node-1"), (state.State, state.Runs, state.LastNode));
        await second.StopAsync();
    });

    [Fact]
    public void A_failing_one_shows_its_error_is_left_alone_by_its_leader_and_retried_by_the_next() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var tries = 0;
        var first = New(world, nodes, "node-1", Once("migrations", _ =>
        {
            tries++;
            throw new InvalidOperationException("relation\n\"products\" exists");
        }));
        await first.CampaignAsync();
        await world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(1, tries);
        var failed = Assert.Single(await JobState.ReadAllAsync(nodes.Store, Nodes.Election, default));
        Assert.Equal(("failed", "relation \"products\" exists"), (failed.State, failed.LastError));
        var second = New(world, nodes, "node-2", Once("migrations", _ => tries++));
        await second.StartAsync();
        await world.PassAsync(TimeSpan.FromSeconds(1));
        await first.StopAsync();
        await world.UntilAsync(() => tries == 2, TimeSpan.FromSeconds(5), "the next leader tries again");
        await world.PassAsync(TimeSpan.FromSeconds(1));
        var done = Assert.Single(await JobState.ReadAllAsync(nodes.Store, Nodes.Election, default));
        Assert.Equal(("done", null), (done.State, done.LastError));
        await second.StopAsync();
    });

    [Fact]
    public void A_period_is_kept_over_a_change_of_the_leader() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var runs = new List<long>();
        var first = New(world, nodes, "node-1", Every("cache-warming", 60, (_, _) => Run()));
        var second = New(world, nodes, "node-2", Every("cache-warming", 60, (_, _) => Run()));
        await first.CampaignAsync();
        await second.StartAsync();
        await world.PassAsync(TimeSpan.FromSeconds(90));
        Assert.Equal(2, runs.Count);
        await first.StopAsync();
        await world.PassAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(3, runs.Count);
        Assert.InRange(TimeSpan.FromTicks(runs[2] - runs[1]), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(61));
        await second.StopAsync();

        Task<JobOutcome> Run()
        {
            runs.Add(world.Clock.Now);
            return Task.FromResult(JobOutcome.Done);
        }
    });

    [Fact]
    public void A_damaged_state_does_not_keep_jobs_from_running() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var ran = false;
        var (writer, _) = await nodes.LeaderAsync("node-0");
        await nodes.Store.WriteAsync(writer.Leadership!.Term, JobState.KeyPrefix + "migrations", "{ no state", default);
        await writer.StopAsync();
        var node = New(world, nodes, "node-1", Once("migrations", _ => ran = true));
        await node.CampaignAsync();
        await world.UntilAsync(() => ran, TimeSpan.FromSeconds(1), "the job runs");
        await node.StopAsync();
    });

    [Fact]
    public void A_job_that_can_do_nothing_says_why_and_does_not_count_as_a_run() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var node = New(world, nodes, "node-1", new TestJob("migrations", JobSchedule.Once("1"), (_, _) => Task.FromResult(JobOutcome.Skipped("no database"))));
        await node.CampaignAsync();
        await world.PassAsync(TimeSpan.FromSeconds(1));
        var state = Assert.Single(await JobState.ReadAllAsync(nodes.Store, Nodes.Election, default));
        Assert.Equal(("skipped: no database", 0L), (state.State, state.Runs));
        await node.StopAsync();
    });

    [Fact]
    public void A_job_is_told_when_its_leader_resigns_and_its_state_is_written_before_the_seat_is_free() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var told = false;
        var node = New(world, nodes, "node-1", Every("cache-warming", 60, async (context, stopping) =>
        {
            try
            {
                await Task.Delay(TimeSpan.FromHours(1), world.Clock, stopping);
            }
            catch (OperationCanceledException)
            {
                told = context.Leadership.IsTrusted;
                throw;
            }

            return JobOutcome.Done;
        }));
        await node.CampaignAsync();
        await world.PassAsync(TimeSpan.FromSeconds(1));
        await node.StopAsync();
        Assert.True(told);
        Assert.Equal("waiting", Assert.Single(await JobState.ReadAllAsync(nodes.Store, Nodes.Election, default)).State);
    });

    [Fact]
    public void A_state_tells_the_last_durations_and_the_next_run() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var run = 0;
        var node = New(
            world,
            nodes,
            "node-1",
            Once("migrations", _ => { }),
            Every("cache-warming", 60, async (_, stopping) =>
            {
                await Task.Delay(TimeSpan.FromMilliseconds(++run), world.Clock, stopping);
                return run % 7 == 0 ? throw new InvalidOperationException(new string('x', JobState.LongestError * 2)) : JobOutcome.Done;
            }));
        await node.CampaignAsync();
        await world.PassAsync(TimeSpan.FromMinutes(20.5));
        var all = await JobState.ReadAllAsync(nodes.Store, Nodes.Election, default);
        var (warming, migrations) = (all[0], all[1]);
        Assert.Equal((21, "failed"), (warming.Runs, warming.State));
        Assert.Equal(Enumerable.Range(2, JobState.DurationsKept).Select(ms => (double)ms), warming.DurationsMs);
        Assert.Equal(warming.LastRun + TimeSpan.FromMinutes(1), warming.NextRun);
        Assert.Equal(JobState.LongestError, warming.LastError!.Length);
        Assert.Single(migrations.DurationsMs);
        Assert.Null(migrations.NextRun);
        await node.StopAsync();
    }, TimeSpan.FromHours(1));

    [Fact]
    public void A_state_of_an_earlier_version_is_read()
    {
        var old = JobState.FromJson("""{"job":"migrations","schedule":"once","state":"done","lastRun":"2026-01-01T00:00:00+00:00","lastTerm":7,"runs":3}""");
        Assert.Equal((3, null, null), (old!.Runs, old.NextRun, old.LastDurationMs));
        Assert.Empty(old.DurationsMs);
        Assert.Empty(JobState.FromJson("""{"job":"migrations","schedule":"once","durationsMs":null}""")!.DurationsMs);
    }

    [Fact]
    public void A_job_does_not_begin_when_the_term_ended_while_its_state_was_written() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (candidate, way) = nodes.New("node-1");
        var ran = false;
        var ledger = new StuckLedger(way, world);
        var job = new JobRun(Once("migrations", _ => ran = true), ledger, candidate.Telemetry, world.Clock, NullLogger.Instance);
        candidate.AddWork(new LeaderJobs([job], ledger, world.Clock, TimeSpan.FromSeconds(1)).RunAsync);
        await candidate.CampaignAsync();
        way.Away = new StoreUnavailableException("away");
        await world.PassAsync(Nodes.Lease);
        Assert.False(candidate.IsLeader);
        Assert.False(ran);
        way.Away = null;
        await candidate.StopAsync();
    });

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void A_job_that_runs_once_needs_a_version(string? version) =>
        Assert.ThrowsAny<ArgumentException>(() => JobSchedule.Once(version!));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_period_is_above_0(int ticks) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => JobSchedule.Every(TimeSpan.FromTicks(ticks)));

    /// <summary>Writes nothing, until it is told to give up.</summary>
    private sealed class StuckLedger(ILedger ledger, SimulatedWorld world) : ILedger
    {
        public ValueTask<IReadOnlyDictionary<string, string>> ReadAsync(string election, string prefix, CancellationToken cancellationToken) =>
            ledger.ReadAsync(election, prefix, cancellationToken);

        public async ValueTask WriteAsync(Term term, string key, string value, CancellationToken cancellationToken) =>
            await Task.Delay(Timeout.InfiniteTimeSpan, world.Clock, cancellationToken);

        public ValueTask AppendAsync(Term term, string log, string entry, int keep, CancellationToken cancellationToken) =>
            ledger.AppendAsync(term, log, entry, keep, cancellationToken);

        public ValueTask<IReadOnlyList<string>> ReadLogAsync(string election, string log, CancellationToken cancellationToken) =>
            ledger.ReadLogAsync(election, log, cancellationToken);
    }

    private static TestJob Once(string name, Action<JobContext> run) => new(name, JobSchedule.Once("1"), (context, _) =>
    {
        run(context);
        return Task.FromResult(JobOutcome.Done);
    });

    private static TestJob Every(string name, int seconds, Func<JobContext, CancellationToken, Task<JobOutcome>> run) =>
        new(name, JobSchedule.Every(TimeSpan.FromSeconds(seconds)), run);

    private static Candidate New(SimulatedWorld world, Nodes nodes, string nodeId, params ILeaderJob[] jobs)
    {
        var (candidate, way) = nodes.New(nodeId);
        var runs = jobs.Select(job => new JobRun(job, way, candidate.Telemetry, world.Clock, NullLogger.Instance)).ToList();
        candidate.AddWork(new LeaderJobs(runs, way, world.Clock, TimeSpan.FromSeconds(1)).RunAsync);
        return candidate;
    }

    private sealed record TestJob(string Name, JobSchedule Schedule, Func<JobContext, CancellationToken, Task<JobOutcome>> Run) : ILeaderJob
    {
        public Task<JobOutcome> RunAsync(JobContext context, CancellationToken stopping) => Run(context, stopping);
    }
}
