using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using AspireElection.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AspireElection.Workers;

/// <summary>That operators are told of an election that nobody led.</summary>
public sealed class AlertTests
{
    [Fact]
    public async Task A_gap_longer_than_a_lease_is_told_once_by_the_leader_that_ended_it()
    {
        using var folder = new LockFolder();
        var election = $"alert-{Guid.NewGuid():N}";
        var counted = 0L;
        using var meters = new MeterListener
        {
            InstrumentPublished = (i, l) =>
            {
                if (i.Meter.Name == ElectionTelemetry.Name && i.Name == "election.alerts")
                    l.EnableMeasurementEvents(i);
            },
        };
        meters.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            if (tags.ToArray().Contains(new("election.name", election)))
                Interlocked.Add(ref counted, value);
        });
        meters.Start();
        using var warnings = new RememberedWarnings();
        var locks = Path.Combine(folder.Path, "locks");
        await using var worker = await WorkerInProcess.StartAsync(
            $"--lock-dir {locks} --lock-name {election} --node-id n1 --lease-duration 500ms");
        worker.Services.GetRequiredService<ILoggerFactory>().AddProvider(warnings);
        await worker.LeadsAsync();
        await UntilRunsAsync(0);
        // A slow start may have been a gap, too.
        var countedBefore = Interlocked.Read(ref counted);
        warnings.OfAlerts.Clear();

        // The store is gone for longer than a lease, and with it the leader.
        var candidate = worker.Services.GetRequiredKeyedService<Candidate>(election);
        Directory.Move(locks, $"{locks}.away");
        await File.WriteAllTextAsync(locks, "");
        await WorkerInProcess.UntilAsync(() => Task.FromResult(candidate.StoreOutage > candidate.LeaseDuration * 3), "the store is away for three leases");
        File.Delete(locks);
        Directory.Move($"{locks}.away", locks);
        await worker.LeadsAsync();
        await WorkerInProcess.UntilAsync(() => Task.FromResult(!warnings.OfAlerts.IsEmpty), "the alert");
        // The job goes on, and says no more of the same gap.
        await UntilRunsAsync(await RunsAsync() + 1);

        var line = Assert.Single(warnings.OfAlerts);
        Assert.Matches($@"^Election '{election}' was without a leader for [0-9]+\.[0-9] s before term [0-9]+$", line);
        Assert.Equal(countedBefore + 1, Interlocked.Read(ref counted));

        async Task<long> RunsAsync() => (await worker.GetAsync("/jobs")).Status == 200
            ? (await worker.JsonAsync("/jobs")).EnumerateArray().Single(j => j.GetProperty("job").GetString() == "alerts").GetProperty("runs").GetInt64()
            : 0;

        Task UntilRunsAsync(long more) => WorkerInProcess.UntilAsync(async () => await RunsAsync() > more, $"more than {more} runs");
    }

    private sealed class RememberedWarnings : ILoggerProvider
    {
        public ConcurrentQueue<string> OfAlerts { get; } = new();

        public ILogger CreateLogger(string categoryName) =>
            categoryName.EndsWith(".Alerts", StringComparison.Ordinal) ? new Logger(OfAlerts) : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

        public void Dispose()
        {
            // The lines are the test's.
        }

        private sealed class Logger(ConcurrentQueue<string> lines) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

            public void Log<TState>(
                LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
                lines.Enqueue(formatter(state, exception));
        }
    }
}
