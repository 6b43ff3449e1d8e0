using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using AspireElection.Hosting;
using AspireElection.Stores.InProcess;
using AspireElection.Telemetry;
using AspireElection.Timing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AspireElection.Tests.Core;

/// <summary>The terms that a host goes through before the first real one.</summary>
public sealed class RehearsalTests
{
    private const string Name = "rehearsal";
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Nobody_is_told_of_it()
    {
        var seen = new ConcurrentBag<string>();
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == ElectionTelemetry.Name)
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        meters.SetMeasurementEventCallback<long>((i, _, tags, _) => Measured(i, tags));
        meters.SetMeasurementEventCallback<double>((i, _, tags, _) => Measured(i, tags));
        meters.Start();
        using var activities = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ElectionTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = activity =>
            {
                // A step without what it is a step of has no tags that would tell whose it is.
                if (activity.GetTagItem("election.node.id") is Name || activity is { Parent: null, DisplayName: "drain" or "release" })
                    seen.Add($"span {activity.DisplayName}");
            },
        };
        ActivitySource.AddActivityListener(activities);
        await using var store = new InProcessStore(BootClock.Instance);
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(new Lines(seen));
        builder.AddElection("jobs", options => options.NodeId = "node-1").UseInProcess(store);
        using var host = builder.Build();
        await host.StartAsync();
        var rehearsal = host.Services.GetRequiredService<Rehearsal>();
        while (!rehearsal.Over.IsCompleted)
        {
            meters.RecordObservableInstruments();
            await Task.WhenAny(rehearsal.Over, Task.Delay(1));
        }

        Assert.Equal(2, rehearsal.Terms);
        Assert.Empty(seen);
        Assert.Equal("jobs", Assert.Single(host.Services.GetRequiredService<Elections>().Candidates).Election);
        Assert.Empty(await store.ListAsync(Name, default));
        Assert.Empty(await store.ReadAsync(Name, string.Empty, default));
        await host.StopAsync();

        void Measured(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (var (_, value) in tags)
            {
                if (value is Name)
                    seen.Add($"measurement of {instrument.Name}");
            }
        }
    }

    [Fact]
    public async Task Who_does_not_want_it_has_none()
    {
        using var rehearsal = new Rehearsal(BootClock.Instance, ElectionThreads.OfProcess);
        rehearsal.For(new ElectionOptions { Rehearses = false });
        rehearsal.Begin();
        await rehearsal.Over.WaitAsync(Bound);
        Assert.Equal(0, rehearsal.Terms);
    }

    [Fact]
    public async Task It_ends_with_its_host_and_when_it_fails_and_nobody_is_told()
    {
        using var stopped = new Rehearsal(BootClock.Instance, ElectionThreads.OfProcess);
        stopped.For(new ElectionOptions());
        stopped.Stop();
        stopped.Begin();
        await stopped.Over.WaitAsync(Bound);
        Assert.Equal(0, stopped.Terms);

        using var failing = new Rehearsal(BootClock.Instance, ElectionThreads.OfProcess);
        failing.For(new ElectionOptions { LeaseDuration = TimeSpan.Zero });
        failing.Begin();
        await failing.Over.WaitAsync(Bound);
        Assert.Equal(0, failing.Terms);
    }

    private sealed class Lines(ConcurrentBag<string> seen) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (formatter(state, exception) is var line && line.Contains(Name, StringComparison.Ordinal))
                seen.Add($"line {line}");
        }
    }
}
