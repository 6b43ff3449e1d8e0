namespace AspireElection.Stores.Quorum;

/// <summary>What a ledger answers when lines are slow or silent, or more is written than there is room for.</summary>
public sealed class LedgerTests
{
    private const string Election = "e";

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LongLease = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_forwarded_write_without_an_answer_is_said_to_be_unknown_and_never_sent_again()
    {
        await using var peers = await PeersInProcess.StartAsync(3);
        var grant = await AcquireAsync(peers.Stores[0]);
        await peers.Stores[1].AppendAsync(grant.Term, "log", "known", 10, default).AsTask().WaitAsync(Bound);
        peers.Stores[0].IsCut = static () => true;
        var unknown = await Assert.ThrowsAsync<StoreUnavailableException>(
            () => peers.Stores[1].AppendAsync(grant.Term, "log", "unknown", 10, default).AsTask().WaitAsync(Bound));
        Assert.Contains("may have been applied or not", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writes_that_wait_for_a_majority_count_for_the_room_that_is_left()
    {
        await using var peers = await PeersInProcess.StartAsync(3);
        var grant = await AcquireAsync(peers.Stores[0]);
        peers.Stores[1].IsCut = peers.Stores[2].IsCut = static () => true;
        var text = new string('x', 200_000);
        var writes = Enumerable.Range(0, 9).Select(n => WriteAsync(n)).ToList();
        // Behind them all in the same queue.
        await peers.Stores[0].WaitingAsync(Election);
        peers.Stores[1].IsCut = peers.Stores[2].IsCut = static () => false;
        var taken = (await Task.WhenAll(writes)).Count(t => t);
        Assert.InRange(taken, 1, 5);
        Assert.Equal(taken, (await peers.Stores[0].ReadAsync(Election, "key", default).AsTask().WaitAsync(Bound)).Count);

        async Task<bool> WriteAsync(int n)
        {
            try
            {
                await peers.Stores[0].WriteAsync(grant.Term, $"key-{n}", text, default).AsTask().WaitAsync(Bound);
                return true;
            }
            catch (StoreUnavailableException)
            {
                // There was no room.
                return false;
            }
        }
    }

    [Fact]
    public async Task A_write_that_the_end_of_the_term_overtook_is_unknown_not_stale()
    {
        await using var peers = await PeersInProcess.StartAsync(3);
        var grant = await AcquireAsync(peers.Stores[0]);
        peers.Stores[1].IsCut = peers.Stores[2].IsCut = static () => true;
        var write = peers.Stores[0].WriteAsync(grant.Term, "key", "value", default).AsTask();
        await peers.Stores[0].WaitingAsync(Election);
        await peers.Stores[0].ReleaseAsync(grant.Term, default).AsTask().WaitAsync(Bound);
        var unknown = await Assert.ThrowsAsync<StoreUnavailableException>(() => write.WaitAsync(Bound));
        Assert.Contains("may have been applied or not", unknown.Message, StringComparison.Ordinal);
    }

    private static Task<Grant> AcquireAsync(QuorumStore store) => store.AcquireAsync(
        new Candidacy(Election, new CandidateId(store.NodeId, Guid.NewGuid().ToString("N")), LongLease), default).AsTask().WaitAsync(Bound);
}
