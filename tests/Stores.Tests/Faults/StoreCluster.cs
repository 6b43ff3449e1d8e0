using AspireElection.Faults.Harness;

namespace AspireElection.Faults;

/// <summary>A cluster on which fault after fault happens; one that was broken is made anew.</summary>
/// <remarks>A class fixture: the clusters of two stores never load the machine at one time.</remarks>
public sealed class StoreCluster : IAsyncLifetime
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);

    private Cluster? _cluster;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => ForgetAsync();

    internal async Task<Cluster> OnAsync(string store)
    {
        if (_cluster is null)
        {
            _cluster = await Cluster.StartAsync(store, Lease);
            await _cluster.CheckJobsAsync();
        }

        return _cluster;
    }

    internal async Task ForgetAsync()
    {
        var cluster = _cluster;
        _cluster = null;
        if (cluster is not null)
            await cluster.DisposeAsync();
    }
}
