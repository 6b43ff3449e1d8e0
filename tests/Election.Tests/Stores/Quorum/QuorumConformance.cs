using AspireElection.Conformance;
using Xunit.Abstractions;

namespace AspireElection.Stores.Quorum;

/// <summary>Three peers, of which the suite is given one after the other.</summary>
public sealed class QuorumConformance(ITestOutputHelper output) : StoreConformance<QuorumStore>(output)
{
    private readonly Dictionary<(string Election, long Invented), Grant> _granted = [];
    private readonly Dictionary<string, (IElectionStore Store, Term Term, long Invented)> _holds = [];
    private readonly SemaphoreSlim _granting = new(1);
    private PeersInProcess _peers = null!;
    private int _created;

    /// <summary>A peer that was granted a term without telling its candidate gives it back at once.</summary>
    protected override bool ReclaimsOrphans => false;

    public override async Task InitializeAsync() => _peers = await PeersInProcess.StartAsync(3);

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _peers.DisposeAsync();
        _granting.Dispose();
    }

    protected override Task<QuorumStore> CreateStoreAsync() => Task.FromResult(_peers.Stores[_created++ % _peers.Stores.Count]);

    protected override async Task<int> CountWaitingAsync(string election) =>
        (await Task.WhenAll(_peers.Stores.Select(s => s.WaitingAsync(election)))).Sum();

    /// <summary>Only the leader writes: what a fact invents becomes a term of its candidate, the one before being given back.</summary>
    protected override async ValueTask<Term> GrantedAsync(IElectionStore store, Term invented)
    {
        await _granting.WaitAsync();
        try
        {
            var held = _holds.GetValueOrDefault(invented.Election);
            if (_granted.TryGetValue((invented.Election, invented.Token), out var known))
                return invented with { Token = known.Term.Token };
            if (held.Term is not null && held.Invented > invented.Token)
                return invented with { Token = held.Term.Token - 1 };
            if (held.Term is not null)
                await Release(held.Store, held.Term);
            var grant = await Acquire(store, new Candidacy(invented.Election, invented.Candidate, LongLease));
            _granted[(invented.Election, invented.Token)] = grant;
            _holds[invented.Election] = (store, grant.Term, invented.Token);
            return grant.Term;
        }
        finally
        {
            _granting.Release();
        }
    }
}
