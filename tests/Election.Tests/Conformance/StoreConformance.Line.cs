namespace AspireElection.Conformance;

/// <summary>The line before a seat: hand-over to one, in order, and nobody stranded by those who leave.</summary>
public abstract partial class StoreConformance<TStore>
{
    [Fact]
    public async Task A_release_hands_over_without_waiting_for_the_end_of_the_lease()
    {
        var (one, two) = await TwoStoresAsync();
        var leader = await Acquire(one, Stand("node-1"));
        var waiting = Campaign(two, Stand("node-2"));
        await UntilWaiting(1);
        await Release(one, leader.Term);
        var next = await waiting.WaitAsync(Bound);
        Assert.Equal(RenewAnswer.Renewed, await Renew(two, next.Term));
    }

    [Fact]
    public async Task A_grant_after_waiting_is_anchored_after_the_release()
    {
        var (one, two) = await TwoStoresAsync();
        var leader = await Acquire(one, Stand("node-1"));
        var waiting = Campaign(two, Stand("node-2"));
        await UntilWaiting(1);
        var released = Clock.GetTimestamp();
        await Release(one, leader.Term);
        Assert.InRange((await waiting.WaitAsync(Bound)).AnchoredAt, released, Clock.GetTimestamp());
    }

    [Fact]
    public async Task Each_release_wakes_one_waiter_the_best_by_priority()
    {
        if (!Applies(OrdersByPriority, "it hands over in the order of arrival"))
            return;
        await HandsDown([("node-a", 1), ("node-b", 5), ("node-c", 3), ("node-d", 4), ("node-e", 2)],
            ["node-b", "node-d", "node-c", "node-e", "node-a"]);
    }

    [Fact]
    public async Task Each_release_wakes_one_of_equal_waiters_by_node_id_or_arrival()
    {
        string[] arrival = ["node-c", "node-B", "node-a", "node-b"];
        await HandsDown([.. arrival.Select(n => (n, 0))],
            OrdersEqualsByNodeId ? ["node-B", "node-a", "node-b", "node-c"] : arrival);
    }

    [Fact]
    public async Task A_cancelled_campaign_leaves_the_line_and_strands_nobody()
    {
        var (one, two) = await TwoStoresAsync();
        var leader = await Acquire(one, Stand("node-1"));
        using var cancelling = new CancellationTokenSource();
        var leaving = two.AcquireAsync(Stand("node-2", priority: 9), cancelling.Token).AsTask();
        var staying = Campaign(two, Stand("node-3"));
        await UntilWaiting(2);
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving.WaitAsync(Bound));
        await UntilWaiting(1);
        await Release(one, leader.Term);
        Assert.Equal("node-3", (await staying.WaitAsync(Bound)).Term.Candidate.NodeId);
    }

    [Fact]
    public async Task A_campaign_cancelled_at_the_moment_of_its_grant_strands_nobody()
    {
        var (one, two) = await TwoStoresAsync();
        var three = await StoreAsync();
        for (var round = 0; round < 15; round++)
        {
            var leader = await Acquire(one, Stand("node-1"));
            using var cancelling = new CancellationTokenSource();
            var leaving = two.AcquireAsync(Stand("node-2", priority: 9), cancelling.Token).AsTask();
            var staying = Campaign(three, Stand("node-3"));
            await UntilWaiting(2);
            var releasing = Release(one, leader.Term);
            if (round % 3 == 0)
                await releasing;
            if (round % 3 == 1)
                await Task.Yield();
            await cancelling.CancelAsync();
            await releasing;
            try
            {
                await Release(two, (await leaving.WaitAsync(Bound)).Term);
            }
            catch (OperationCanceledException)
            {
                // It left in time, and must have left nothing behind.
            }

            await Release(three, (await staying.WaitAsync(Bound)).Term);
        }
    }

    [Fact]
    public async Task A_campaign_that_is_cancelled_before_it_begins_takes_nothing()
    {
        var store = await StoreAsync();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => store.AcquireAsync(Stand("node-1"), cancelled.Token).AsTask().WaitAsync(Bound));
        await Campaign(store, Stand("node-2")).WaitAsync(Bound);
    }

    /// <summary>A turn is short: a successor that the machine holds up loses it to the next, and is no fault of the store.</summary>
    private async Task HandsDown((string Node, int Priority)[] arrivals, string[] expected)
    {
        var attempt = 1;
        while (!await HandsDownUndisturbed(arrivals, expected, $"{Election}-{attempt}"))
            Assert.True(attempt++ < 10, "the machine is too busy for a turn");
    }

    /// <returns>False when the order was wrong and a hand-over took so long that turns were lost.</returns>
    private async Task<bool> HandsDownUndisturbed((string Node, int Priority)[] arrivals, string[] expected, string election)
    {
        var (one, two) = await TwoStoresAsync();
        var holder = await Acquire(one, Stand("node-0", election: election));
        var campaigns = new Dictionary<string, (IElectionStore Store, Task<Grant> Granted)>();
        foreach (var (node, priority) in arrivals)
        {
            var store = campaigns.Count % 2 == 0 ? one : two;
            campaigns[node] = (store, Campaign(store, Stand(node, priority, election: election)));
            await UntilWaiting(campaigns.Count, election);
        }

        var (releasing, term) = (one, holder.Term);
        foreach (var node in expected)
        {
            var released = Clock.GetTimestamp();
            await Release(releasing, term);
            var granted = await await Task.WhenAny(campaigns.Values.Select(c => c.Granted)).WaitAsync(Bound);
            if (granted.Term.Candidate.NodeId != node && Clock.GetElapsedTime(released) > Turn)
                return false;
            Assert.Equal(node, granted.Term.Candidate.NodeId);
            (releasing, term) = (campaigns[node].Store, granted.Term);
            campaigns.Remove(node);
            Assert.DoesNotContain(campaigns.Values, c => c.Granted.IsCompleted);
            Assert.Equal(RenewAnswer.Renewed, await Renew(releasing, term));
        }

        return true;
    }
}
