using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using AspireElection.Stores.InProcess;
using AspireElection.Telemetry;
using AspireElection.Tests.Simulation;
using Microsoft.Extensions.Logging;

namespace AspireElection.Tests.Core;

/// <summary>What is reported of a leadership from campaign to end.</summary>
public sealed class TelemetryTests
{
    [Fact]
    public void A_leadership_reports_its_spans_and_measurements() => SimulatedWorld.Run(async world =>
    {
        // Other tests run at the same time in other elections of this process: only this node's own counts.
        const string node = "telemetry-node";
        var measured = new ConcurrentDictionary<string, string>();
        var spans = new ConcurrentBag<string>();
        using var meters = new MeterListener { InstrumentPublished = (i, l) => { if (i.Meter.Name == ElectionTelemetry.Name) l.EnableMeasurementEvents(i); } };
        meters.SetMeasurementEventCallback<long>((i, v, tags, _) => Keep(i, tags));
        meters.SetMeasurementEventCallback<double>((i, v, tags, _) => Keep(i, tags));
        meters.Start();
        using var activities = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ElectionTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = a => { if (a.GetTagItem("election.node.id") is node) spans.Add(a.DisplayName); },
        };
        ActivitySource.AddActivityListener(activities);

        var (candidate, _) = await new Nodes(world).LeaderAsync(node);
        await world.PassAsync(TimeSpan.FromSeconds(10));
        meters.RecordObservableInstruments();
        await candidate.ResignAsync();
        await candidate.StopAsync();

        foreach (var name in new[]
        {
            "election.is_leader", "election.term", "election.transitions", "election.campaign.duration", "election.renewal.duration",
            "election.leadership.duration", "election.lease.remaining", "election.members",
        })
        {
            Assert.True(measured.ContainsKey(name), $"{name} was not measured");
        }

        Assert.Equal("jobs memory telemetry-node", measured["election.term"]);
        Assert.Superset(new HashSet<string> { "campaign", "renew", "hand-over" }, spans.ToHashSet());

        void Keep(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var byName = new Dictionary<string, object?>(tags.ToArray());
            if (byName.TryGetValue("election.node.id", out var measuredNode) && measuredNode is node)
                measured[instrument.Name] = $"{byName["election.name"]} {byName["election.store"]} {byName["election.node.id"]}";
        }
    });

    [Fact]
    public void The_log_says_why_a_term_ended_in_the_word_of_metrics_and_event_lines() => SimulatedWorld.Run(async world =>
    {
        await using var store = new InProcessStore(world.Clock);
        var log = new KeptLog();
        var options = new ElectionOptions { NodeId = "node-1", LeaseDuration = Nodes.Lease };
        var candidate = new Candidate("jobs", store, options, log, world.Clock, world.Threads, new Random(1));
        var term = (await candidate.CampaignAsync()).Token;
        await candidate.ResignAsync();
        await candidate.StopAsync();
        Assert.Contains($"node-1 lost leadership of election 'jobs', term {term}: resigned", log.Lines);
    });

    [Fact]
    public void A_refused_write_names_the_store_of_its_election_and_where_it_went() => SimulatedWorld.Run(async world =>
    {
        const string node = "telemetry-of-refusals";
        var told = new List<string>();
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "election.stale_writes.refused")
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        meters.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            var byName = new Dictionary<string, object?>(tags.ToArray());
            if (byName["election.node.id"] is node)
                told.Add($"{byName["election.name"]} {byName.GetValueOrDefault("election.store") ?? "-"} {byName["election.sink"]}");
        });
        meters.Start();
        var (candidate, _) = await new Nodes(world).LeaderAsync(node);
        var term = candidate.Leadership!.Term;
        ElectionTelemetry.StaleWriteRefused(term, "redis");
        await candidate.StopAsync();
        ElectionTelemetry.StaleWriteRefused(term, "redis");
        Assert.Equal(["jobs memory redis", "jobs - redis"], told);
    });

    [Fact]
    public void Elections_that_are_not_told_apart_share_one_series_in_each_store() => SimulatedWorld.Run(async world =>
    {
        const string node = "telemetry-of-many";
        var measured = new Dictionary<string, List<double>>();
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == ElectionTelemetry.Name)
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        meters.SetMeasurementEventCallback<long>((i, v, tags, _) => Keep(i, v, tags));
        meters.SetMeasurementEventCallback<double>((i, v, tags, _) => Keep(i, v, tags));
        meters.Start();
        await using var store = new InProcessStore(world.Clock);
        var candidates = new List<Candidate>();
        foreach (var election in new[] { "many-1", "many-2", "many-3" })
        {
            var options = new ElectionOptions { NodeId = node, LeaseDuration = Nodes.Lease, ElectionAttributes = false };
            candidates.Add(new Candidate(election, store, options, null, world.Clock, world.Threads, new Random(1)));
            await candidates[^1].CampaignAsync();
        }

        await world.PassAsync(TimeSpan.FromSeconds(4));
        meters.RecordObservableInstruments();
        Assert.Equal(3, Assert.Single(measured["election.is_leader"]));
        Assert.Equal(3, Assert.Single(measured["election.members"]));
        Assert.Single(measured["election.term"]);
        Assert.InRange(Assert.Single(measured["election.lease.remaining"]), 1, 10);
        Assert.Contains("election.renewal.duration", measured.Keys);
        foreach (var candidate in candidates)
            await candidate.StopAsync();

        void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var byName = new Dictionary<string, object?>(tags.ToArray());
            if (byName.GetValueOrDefault("election.node.id") is not node)
                return;
            Assert.DoesNotContain("election.name", byName.Keys);
            if (!measured.TryGetValue(instrument.Name, out var values))
                measured[instrument.Name] = values = [];
            values.Add(value);
        }
    });

    private sealed class KeptLog : ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));
    }
}
