namespace AspireElection.Conformance;

/// <summary>One term at a time, for a lease and no longer.</summary>
public abstract partial class StoreConformance<TStore>
{
    [Fact]
    public async Task A_store_names_its_kind_in_one_lower_case_word() =>
        Assert.Matches("^[a-z]+$", (await StoreAsync()).Kind);

    [Fact]
    public async Task A_free_seat_is_granted_at_once_and_anchored_at_the_request()
    {
        var store = await StoreAsync();
        var candidacy = Stand("node-1");
        var before = Clock.GetTimestamp();
        var grant = await Campaign(store, candidacy).WaitAsync(Bound);
        Assert.InRange(grant.AnchoredAt, before, Clock.GetTimestamp());
        Assert.Equal(new Term(Election, candidacy.Id, grant.Term.Token), grant.Term);
        Assert.InRange(grant.Term.Token, 1, FencingToken.Max);
    }

    [Fact]
    public async Task A_second_candidate_waits_while_the_leader_renews_and_until_the_end_of_its_last_renewal()
    {
        var (one, two) = await TwoStoresAsync();
        var attempt = 1;
        while (!await RenewsForAWhile(one, two, Lease * 2, $"{Election}-{attempt}"))
            Assert.True(attempt++ < 10, "the machine is too busy for this lease");
    }

    /// <returns>False when the test itself was held up for a lease, so that its leader was silent.</returns>
    private async Task<bool> RenewsForAWhile(IElectionStore one, IElectionStore two, TimeSpan lease, string election)
    {
        var leader = await Acquire(one, Stand("node-1", lease: lease, election: election));
        var waiting = Campaign(two, Stand("node-2", priority: 9, lease: lease, election: election));
        var sent = leader.AnchoredAt;
        using var cadence = new PeriodicTimer(lease / 8, Clock);
        while (Clock.GetTimestamp() < leader.AnchoredAt + Ticks(lease * 1.5))
        {
            await cadence.WaitForNextTickAsync();
            var before = sent;
            sent = Clock.GetTimestamp();
            var answer = await Renew(one, leader.Term, lease);
            var both = answer == RenewAnswer.Renewed && waiting.IsCompleted;
            if (Clock.GetTimestamp() >= before + Ticks(lease - Precision))
                return false;
            Assert.Equal(RenewAnswer.Renewed, answer);
            Assert.False(both, "two hold the seat");
        }

        var next = await waiting.WaitAsync(Bound + lease);
        NotBefore(sent + Ticks(lease), next.AnchoredAt);
        Assert.True(next.Term.Token > leader.Term.Token);
        return true;
    }

    [Fact]
    public async Task A_silent_leader_keeps_its_seat_for_the_lease_and_loses_it_then()
    {
        var (one, two) = await TwoStoresAsync();
        var silent = await Acquire(one, Stand("node-1", lease: Lease));
        var next = await Acquire(two, Stand("node-2", lease: Lease));
        NotBefore(silent.AnchoredAt + Ticks(Lease), next.AnchoredAt);
        Assert.Equal(RenewAnswer.Lost, await Renew(one, silent.Term, Lease));
    }

    [Fact]
    public async Task A_term_cut_off_can_neither_renew_nor_release_its_successor()
    {
        var (one, two) = await TwoStoresAsync();
        var silent = await Acquire(one, Stand("node-1", lease: Lease));
        var next = await Acquire(two, Stand("node-2"));
        Assert.Equal(RenewAnswer.Lost, await Renew(one, silent.Term));
        await Release(one, silent.Term);
        Assert.Equal(RenewAnswer.Renewed, await Renew(two, next.Term));
    }

    [Fact]
    public async Task Two_incarnations_of_one_node_never_both_hold_the_seat()
    {
        var (one, two) = await TwoStoresAsync();
        var first = await Acquire(one, Stand("node-1"));
        var second = Campaign(two, Stand("node-1", priority: 9));
        await UntilWaiting(1);
        Assert.Equal(RenewAnswer.Renewed, await Renew(one, first.Term));
        Assert.False(second.IsCompleted, "two incarnations hold the seat");
        await Release(one, first.Term);
        var next = await second.WaitAsync(Bound);
        Assert.Equal(RenewAnswer.Lost, await Renew(one, first.Term));
        Assert.Equal(RenewAnswer.Renewed, await Renew(two, next.Term));
    }

    [Fact]
    public async Task Of_twenty_racing_candidates_one_is_granted_the_seat()
    {
        IElectionStore[] stores = [await StoreAsync(), await StoreAsync(), await StoreAsync(), await StoreAsync()];
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var racing = stores.SelectMany((store, s) => Enumerable.Range(0, 5).Select(async n =>
        {
            await start.Task;
            return await Campaign(store, Stand($"node-{s}-{n}"));
        })).ToList();
        start.SetResult();
        await UntilWaiting(19);
        var granted = await Task.WhenAny(racing).WaitAsync(Bound);
        Assert.All(racing, r => Assert.Equal(r == granted, r.IsCompleted));
    }

    [Fact]
    public async Task Many_cycles_of_many_candidates_never_overlap_and_tokens_grow()
    {
        IElectionStore[] stores = [await StoreAsync(), await StoreAsync(), await StoreAsync()];
        var holders = 0;
        var last = 0L;
        await Task.WhenAll(Enumerable.Range(0, 6).Select(async n =>
        {
            var store = stores[n % stores.Length];
            for (var cycle = 0; cycle < 10; cycle++)
            {
                var grant = await Campaign(store, Stand($"node-{n}", priority: cycle % 3));
                Assert.Equal(1, Interlocked.Increment(ref holders));
                Assert.True(grant.Term.Token > Interlocked.Exchange(ref last, grant.Term.Token), "a token did not grow");
                Assert.Equal(RenewAnswer.Renewed, await Renew(store, grant.Term));
                Interlocked.Decrement(ref holders);
                await Release(store, grant.Term);
            }
        })).WaitAsync(Bound * 2);
    }
}
