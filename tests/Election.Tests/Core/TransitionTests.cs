using AspireElection.History;
using AspireElection.Jobs;
using AspireElection.Tests.Simulation;
using Microsoft.Extensions.Logging.Abstractions;

namespace AspireElection.Tests.Core;

/// <summary>How each term began, as its leader wrote it down.</summary>
public sealed class TransitionTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    [Fact]
    public void A_leader_that_resigns_says_so_and_the_next_one_measures_the_hand_over() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (first, second) = (New(world, nodes, "node-1", drain: TimeSpan.FromMilliseconds(300)), New(world, nodes, "node-2"));
        var before = await first.Candidate.CampaignAsync();
        await second.Candidate.StartAsync();
        await world.PassAsync(Soon);
        await first.Candidate.ResignAsync();
        await world.UntilAsync(() => second.Candidate.IsLeader, Soon, "the second leads");
        await world.PassAsync(Soon);

        var (began, passed) = await TwoAsync(nodes);
        Assert.Equal(("first", "node-1", 0L, null), (began.Reason, began.Node, began.PreviousTerm, began.LeaderlessMs));
        Assert.Equal(("resigned", "node-2", before.Token, "node-1"), (passed.Reason, passed.Node, passed.PreviousTerm, passed.PreviousNode));
        Assert.Equal(second.Candidate.Leadership!.Since, passed.At);
        Assert.Equal(["drain", "release", "grant", "first job"], passed.Steps.Select(s => s.Name));
        Assert.Equal(300, passed.Steps[0].Ms);
        Assert.InRange(passed.LeaderlessMs!.Value, 0, 5);
        await second.Candidate.StopAsync();
    });

    [Theory]
    [InlineData("stopped")]
    [InlineData("preempted")]
    public void The_reason_is_the_one_that_the_leader_before_has_left(string reason) => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (first, second) = (New(world, nodes, "node-1"), New(world, nodes, "node-2"));
        await first.Candidate.CampaignAsync();
        await second.Candidate.StartAsync();
        await world.PassAsync(Soon);
        if (reason == "stopped")
            await first.Candidate.StopAsync();
        else
            second.Candidate.Priority = 7;
        await world.UntilAsync(() => second.Candidate.IsLeader, TimeSpan.FromMinutes(1), "the second leads");
        await world.PassAsync(Soon);

        var (_, passed) = await TwoAsync(nodes);
        Assert.Equal((reason, "node-1"), (passed.Reason, passed.PreviousNode));
        await second.Candidate.StopAsync();
        await first.Candidate.StopAsync();
    });

    [Fact]
    public void A_leader_that_fell_silent_is_told_with_its_silence_and_the_gap_after_it() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        // What an earlier leader has left says nothing of this one.
        var earlier = New(world, nodes, "node-0");
        await earlier.Candidate.CampaignAsync();
        await earlier.Candidate.StopAsync();
        var (first, second) = (New(world, nodes, "node-1"), New(world, nodes, "node-2"));
        await first.Candidate.CampaignAsync();
        await second.Candidate.StartAsync();
        await world.PassAsync(Soon);
        first.Way.Away = new StoreUnavailableException("away");
        await world.UntilAsync(() => second.Candidate.IsLeader, Nodes.Lease * 2, "the second leads");
        await world.PassAsync(Soon);

        var passed = (await ReadAsync(nodes))[^1];
        Assert.Equal(("expired", "node-1"), (passed.Reason, passed.PreviousNode));
        Assert.Equal(["silence", "grant", "first job"], passed.Steps.Select(s => s.Name));
        Assert.Equal(Nodes.Lease.TotalMilliseconds, passed.Steps[0].Ms, 1.0);
        Assert.InRange(passed.LeaderlessMs!.Value, 0, 100);
        first.Way.Away = null;
        await second.Candidate.StopAsync();
        await first.Candidate.StopAsync();
    });

    [Fact]
    public void Who_has_seen_nobody_lead_reads_what_the_last_one_has_left() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var first = New(world, nodes, "node-1");
        var before = await first.Candidate.CampaignAsync();
        await world.PassAsync(Soon);
        await first.Candidate.StopAsync();
        await world.PassAsync(TimeSpan.FromMinutes(3));
        var second = New(world, nodes, "node-2");
        await second.Candidate.CampaignAsync();
        await world.PassAsync(Soon);

        var (_, passed) = await TwoAsync(nodes);
        Assert.Equal(("stopped", before.Token, "node-1"), (passed.Reason, passed.PreviousTerm, passed.PreviousNode));
        Assert.InRange(passed.LeaderlessMs!.Value, 180_000, 180_010);
        await second.Candidate.StopAsync();
    });

    [Fact]
    public void Of_a_leader_that_was_killed_before_anybody_saw_it_the_log_tells_and_its_gap_is_not_known() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var first = New(world, nodes, "node-1");
        var before = await first.Candidate.CampaignAsync();
        await world.PassAsync(Soon);
        first.Way.Away = new StoreUnavailableException("away");
        await world.PassAsync(Nodes.Lease * 3);
        var second = New(world, nodes, "node-2");
        await second.Candidate.CampaignAsync();
        await world.PassAsync(Soon);

        var (_, passed) = await TwoAsync(nodes);
        Assert.Equal(("expired", before.Token, "node-1", null), (passed.Reason, passed.PreviousTerm, passed.PreviousNode, passed.LeaderlessMs));
        first.Way.Away = null;
        await second.Candidate.StopAsync();
        await first.Candidate.StopAsync();
    });

    [Fact]
    public void No_drain_and_no_release_waits_for_a_ledger_that_hangs() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var (first, second) = (New(world, nodes, "node-1", hangs: true), New(world, nodes, "node-2"));
        var held = await first.Candidate.CampaignAsync();
        await second.Candidate.StartAsync();
        await world.PassAsync(Nodes.Lease * 3);
        Assert.True(held.IsTrusted);
        var signal = world.Clock.Now;
        await first.Candidate.ResignAsync();
        await world.UntilAsync(() => second.Candidate.IsLeader, Soon, "the second leads");
        Assert.InRange(TimeSpan.FromTicks(world.Clock.Now - signal), TimeSpan.Zero, TimeSpan.FromMilliseconds(5));
        await world.PassAsync(Soon);
        // Its own beginning could not be written, nor its farewell; the seat was seen to be given back.
        var passed = Assert.Single(await ReadAsync(nodes));
        Assert.Equal(("released", held.Token, "node-1"), (passed.Reason, passed.PreviousTerm, passed.PreviousNode));
        await second.Candidate.StopAsync();
        await first.Candidate.StopAsync();
    });

    [Fact]
    public void A_store_that_is_away_for_a_moment_costs_no_history() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var first = New(world, nodes, "node-1");
        first.Way.OnAcquire = async acquire =>
        {
            var grant = await acquire();
            first.Way.Away = new StoreUnavailableException("away");
            return grant;
        };
        await first.Candidate.CampaignAsync();
        await world.PassAsync(Soon);
        Assert.Empty(await ReadAsync(nodes));
        first.Way.Away = null;
        await world.PassAsync(TimeSpan.FromSeconds(5));
        Assert.Equal("node-1", Assert.Single(await ReadAsync(nodes)).Node);
        await first.Candidate.StopAsync();
    });

    [Fact]
    public void The_log_is_bounded_and_shows_each_term_once() => SimulatedWorld.Run(async world =>
    {
        var nodes = new Nodes(world);
        var node = New(world, nodes, "node-1");
        await node.Candidate.StartAsync();
        for (var term = 0; term < Transition.Kept; term++)
        {
            await world.UntilAsync(() => node.Candidate.IsLeader, TimeSpan.FromMinutes(1), "it leads");
            await world.PassAsync(TimeSpan.FromMilliseconds(10));
            await node.Candidate.ResignAsync();
        }

        await node.Candidate.StopAsync();
        Assert.Equal(Transition.Kept, (await nodes.Store.ReadLogAsync(Nodes.Election, Transition.Log, default)).Count);
        var all = await ReadAsync(nodes);
        Assert.InRange(all.Count, Transition.Kept / 2, Transition.Kept);
        Assert.All(all.Zip(all.Skip(1)), pair => Assert.Equal((pair.First.Term, "resigned"), (pair.Second.PreviousTerm, pair.Second.Reason)));
    }, TimeSpan.FromHours(10));

    private static async Task<(Transition First, Transition Second)> TwoAsync(Nodes nodes)
    {
        var all = await ReadAsync(nodes);
        Assert.Equal(2, all.Count);
        return (all[0], all[1]);
    }

    private static Task<IReadOnlyList<Transition>> ReadAsync(Nodes nodes) => Transition.ReadAllAsync(nodes.Store, Nodes.Election, default);

    /// <summary>A node as the host makes it, with a job that is due at once.</summary>
    private static (Candidate Candidate, InterceptedStore Way) New(
        SimulatedWorld world, Nodes nodes, string nodeId, TimeSpan drain = default, bool hangs = false)
    {
        var (candidate, way) = nodes.New(nodeId, o => o.WhileLeading.Add(async held =>
        {
            await UntilAsync(held.Resigning);
            await world.PassAsync(drain);
        }));
        var times = LeadershipTimes.From(new ElectionOptions { LeaseDuration = Nodes.Lease });
        ILedger ledger = hangs ? new HangingLedger() : way;
        var recorder = new TransitionRecorder(ledger, times, world.Clock, world.Threads, new SemaphoreSlim(8), NullLogger.Instance) { TellsOfJobs = true };
        candidate.AddWork(recorder.BeginAsync);
        var job = new JobRun(new Job(), way, candidate.Telemetry, world.Clock, NullLogger.Instance);
        candidate.AddWork(new LeaderJobs([job], way, world.Clock, Soon) { Begins = recorder.JobsBegin }.RunAsync);
        return (candidate, way);
    }

    private static async Task UntilAsync(CancellationToken token)
    {
        var fired = new TaskCompletionSource();
        await using var registration = token.Register(() => fired.TrySetResult());
        await fired.Task;
    }

    private sealed class Job : ILeaderJob
    {
        public string Name => "cache-warming";

        public JobSchedule Schedule { get; } = JobSchedule.Every(TimeSpan.FromSeconds(1));

        public Task<JobOutcome> RunAsync(JobContext context, CancellationToken stopping) => Task.FromResult(JobOutcome.Done);
    }

    /// <summary>Answers nothing, whatever its token says.</summary>
    private sealed class HangingLedger : ILedger
    {
        public async ValueTask<IReadOnlyDictionary<string, string>> ReadAsync(string election, string prefix, CancellationToken cancellationToken) =>
            await new TaskCompletionSource<IReadOnlyDictionary<string, string>>().Task;

        public async ValueTask WriteAsync(Term term, string key, string value, CancellationToken cancellationToken) =>
            await new TaskCompletionSource().Task;

        public async ValueTask AppendAsync(Term term, string log, string entry, int keep, CancellationToken cancellationToken) =>
            await new TaskCompletionSource().Task;

        public async ValueTask<IReadOnlyList<string>> ReadLogAsync(string election, string log, CancellationToken cancellationToken) =>
            await new TaskCompletionSource<IReadOnlyList<string>>().Task;
    }
}
