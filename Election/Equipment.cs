using AspireElection.Telemetry;
using AspireElection.Timing;
using Microsoft.Extensions.Logging;

namespace AspireElection;

/// <summary>What the parts of a candidate work with: one object, instead of six to nine references in each part.</summary>
internal sealed class Equipment
{
    public Equipment(
        string election,
        IElectionStore store,
        LeadershipTimes times,
        TimeProvider clock,
        ElectionThreads threads,
        Random random,
        ILogger logger,
        ElectionTelemetry telemetry,
        INode node)
    {
        Election = election;
        Store = store;
        Times = times;
        Clock = clock;
        Threads = threads;
        Random = random;
        Logger = logger;
        Telemetry = telemetry;
        Node = node;
        Health = new StoreHealth(this);
    }

    public string Election { get; }

    public IElectionStore Store { get; }

    public LeadershipTimes Times { get; }

    public TimeProvider Clock { get; }

    public ElectionThreads Threads { get; }

    public Random Random { get; }

    public ILogger Logger { get; }

    public ElectionTelemetry Telemetry { get; }

    /// <summary>Who is told by its parts.</summary>
    public INode Node { get; }

    public StoreHealth Health { get; }
}
