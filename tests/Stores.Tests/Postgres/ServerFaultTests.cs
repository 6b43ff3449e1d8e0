using AspireElection.Stores.Postgres;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;

namespace AspireElection.Stores.Tests.Postgres;

/// <summary>A server that hangs or is a standby. Each fact harms a server of its own.</summary>
public sealed class ServerFaultTests : IAsyncLifetime
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly PostgresServer _server = new();
    private readonly List<PostgresStore> _stores = [];

    private static TimeProvider Clock => BootClock.Instance;

    public Task InitializeAsync() => _server.StartAsync();

    public async Task DisposeAsync()
    {
        foreach (var store in _stores)
            await store.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_renewal_that_is_given_up_while_the_server_hangs_does_not_end_the_session()
    {
        var store = NewStore();
        var lease = TimeSpan.FromSeconds(30);
        var grant = await AcquireAsync(store, "node-1", lease);
        _server.Freeze();
        for (var attempt = 0; attempt < 2; attempt++)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(200), Clock);
            var before = Clock.GetTimestamp();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => store.RenewAsync(grant.Term, lease, limit.Token).AsTask().WaitAsync(Bound));
            Assert.True(Clock.GetElapsedTime(before) < TimeSpan.FromSeconds(5), "the caller's bound was not obeyed");
        }

        _server.Continue();
        Assert.Equal(RenewAnswer.Renewed, await store.RenewAsync(grant.Term, lease, CancellationToken.None).AsTask().WaitAsync(Bound));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_store_can_be_closed_while_an_observer_waits_for_a_server_that_hangs(bool tablesAreKnown)
    {
        var store = NewStore(";Timeout=300;Command Timeout=0;Pooling=false");
        if (tablesAreKnown)
            await store.ListAsync("faults", CancellationToken.None);
        _server.Freeze();
        await using var seat = store.ObserveAsync("faults", CancellationToken.None).GetAsyncEnumerator();
        var looking = seat.MoveNextAsync().AsTask();
        await store.DisposeAsync().AsTask().WaitAsync(Bound);
        await Assert.ThrowsAnyAsync<Exception>(() => looking.WaitAsync(Bound));
        _server.Continue();
    }

    [Fact]
    public async Task A_standby_is_refused()
    {
        // With its tables, so that nothing but its being a standby is in the way.
        await NewStore().ReleaseAsync((await AcquireAsync(NewStore(), "node-1", Bound)).Term, CancellationToken.None);
        await _server.StopAsync();
        await File.WriteAllTextAsync(Path.Combine(_server.Folder, "data", "standby.signal"), string.Empty);
        await _server.StartAsync();
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => AcquireAsync(NewStore(), "node-1", Bound));
        Assert.Contains("it is a standby", refused.Message, StringComparison.Ordinal);
    }

    private PostgresStore NewStore(string more = "")
    {
        var store = new PostgresStore(_server.ConnectionString + more, Clock);
        _stores.Add(store);
        return store;
    }

    /// <summary>As a candidate does: tries again while the server is not there.</summary>
    private static async Task<Grant> AcquireAsync(PostgresStore store, string node, TimeSpan lease)
    {
        using var limit = new CancellationTokenSource(Bound, Clock);
        while (true)
        {
            try
            {
                var candidacy = new Candidacy("faults", new CandidateId(node, Guid.NewGuid().ToString("N")), lease);
                return await store.AcquireAsync(candidacy, limit.Token).AsTask().WaitAsync(Bound);
            }
            catch (StoreUnavailableException exception) when (exception.Message.Contains("broke", StringComparison.Ordinal))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), Clock, limit.Token);
            }
        }
    }
}
