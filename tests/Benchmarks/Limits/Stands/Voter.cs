namespace AspireElection.Benchmarks.Limits.Stands;

/// <summary>A peer that votes and keeps the log, and watches the election instead of standing.</summary>
internal sealed class Voter(IElectionStore store, string seat) : IStand
{
    private readonly Candidate _observer = new(
        seat, store, new ElectionOptions { NodeId = "voter", LeaseDuration = CandidateStand.Lease, Observer = true });

    public Task StandAsync() => _observer.StartAsync();

    public Task ResignAsync() => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _observer.StopAsync();
        await store.DisposeAsync();
    }
}
