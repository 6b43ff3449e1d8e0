using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using AspireElection.Telemetry;
using AspireElection.Tests.Simulation;

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
}
