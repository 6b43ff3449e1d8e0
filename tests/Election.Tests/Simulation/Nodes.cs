using AspireElection.Stores.InProcess;

namespace AspireElection.Tests.Simulation;

/// <summary>Candidates of one election in one simulated world, each with its own way to the same store.</summary>
internal sealed class Nodes(SimulatedWorld world)
{
    public const string Election = "jobs";
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan Trust = TimeSpan.FromSeconds(9);
    public static readonly TimeSpan RenewPeriod = TimeSpan.FromSeconds(10) / 3;

    private readonly InProcessStore _store = new(world.Clock);
    private readonly Random _random = new(42);

    public IElectionStore Store => _store;

    /// <summary>The store loses its data.</summary>
    public void Wipe() => _store.Wipe();

    public (Candidate Candidate, InterceptedStore Way) New(string nodeId, Action<ElectionOptions>? configure = null)
    {
        var options = new ElectionOptions { NodeId = nodeId, LeaseDuration = Lease };
        configure?.Invoke(options);
        var way = new InterceptedStore(_store);
        return (new Candidate(Election, way, options, null, world.Clock, world.Threads, _random), way);
    }

    public async Task<(Candidate Candidate, InterceptedStore Way)> LeaderAsync(string nodeId, Action<ElectionOptions>? configure = null)
    {
        var node = New(nodeId, configure);
        await node.Candidate.CampaignAsync();
        return node;
    }
}
