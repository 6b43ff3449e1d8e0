using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Stores.Tests.Postgres;

/// <summary>What is seen of a seat whose row says more than its lock.</summary>
[Collection(SharedPostgres.Name)]
public sealed class ObservationTests(PostgresServer server) : PostgresFacts(server)
{
    [Fact]
    public async Task A_leader_whose_session_is_gone_is_not_seen_any_more()
    {
        var grant = await Acquire(NewStore(), Stand("node-1"));
        Assert.Equal(grant.Term.Token, (await SeenAsync()).Leader?.Term);
        await TerminateHolderAsync();
        await Until(async () => await AskAsync<long>(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'AspireElection 0 node-1'") == 0, "its session is gone");
        var seen = await SeenAsync();
        Assert.Null(seen.Leader);
        Assert.False(seen.Released);
    }

    private async Task<Sighting> SeenAsync()
    {
        await using var seen = NewStore().ObserveAsync(Election, CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await seen.MoveNextAsync().AsTask().WaitAsync(Bound));
        return seen.Current;
    }
}
