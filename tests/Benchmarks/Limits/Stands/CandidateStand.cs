namespace AspireElection.Benchmarks.Limits.Stands;

/// <summary>A candidate of the library with a callback and nothing else: no web server, no jobs, no history.</summary>
/// <remarks>
/// Who resigned stands back for a lease; instead of that wait each round has a candidate of its own, as if the service
/// had been started again.
/// </remarks>
internal sealed class CandidateStand(IElectionStore store, string seat, string node) : IStand
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);

    private Candidate? _candidate;

    public async Task StandAsync()
    {
        if (_candidate is not null)
            await _candidate.StopAsync();
        var options = new ElectionOptions { NodeId = node, LeaseDuration = Lease };
        options.Callbacks.BecameLeader = static _ => Stamps.SayLeads();
        _candidate = new Candidate(seat, store, options);
        await _candidate.StartAsync();
        while (_candidate.Leader is null)
            await Task.Delay(TimeSpan.FromMilliseconds(2));
    }

    public Task ResignAsync() => Stamps.ResignAsync(_candidate!.ResignAsync);

    public async ValueTask DisposeAsync()
    {
        if (_candidate is not null)
            await _candidate.StopAsync();
        await store.DisposeAsync();
    }
}
