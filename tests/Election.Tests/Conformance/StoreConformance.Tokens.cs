namespace AspireElection.Conformance;

/// <summary>Tokens grow, also over a store that lost its data; and a seat known to be held is not taken.</summary>
public abstract partial class StoreConformance<TStore>
{
    [Fact]
    public async Task Tokens_grow_from_term_to_term()
    {
        var (one, two) = await TwoStoresAsync();
        var last = 0L;
        for (var cycle = 0; cycle < 10; cycle++)
        {
            var store = cycle % 2 == 0 ? one : two;
            var grant = await Acquire(store, Stand($"node-{cycle % 3}"));
            Assert.InRange(grant.Term.Token, last + 1, FencingToken.Max);
            last = grant.Term.Token;
            await Release(store, grant.Term);
        }
    }

    [Fact]
    public async Task A_token_is_above_the_highest_that_the_candidate_has_seen_and_the_next_above_that()
    {
        var (one, two) = await TwoStoresAsync();
        var remembering = Stand("node-1");
        var seen = TokenOfTomorrow();
        remembering.SawToken(seen);
        var first = await Acquire(one, remembering);
        Assert.InRange(first.Term.Token, seen + 1, FencingToken.Max);
        await Release(one, first.Term);
        var second = await Acquire(two, Stand("node-2"));
        Assert.True(second.Term.Token > first.Term.Token, "a candidate without memory was given an old token");
    }

    [Fact]
    public async Task Tokens_grow_over_a_store_that_lost_its_data()
    {
        if (!Applies(Wipe is not null, "it cannot lose its data"))
            return;
        var before = await Acquire(await StoreAsync(), Stand("node-1"));
        await Wipe!();
        var after = await Acquire(await StoreAsync(), Stand("node-2"));
        Assert.True(after.Term.Token > before.Term.Token);
        await Wipe!();
        var remembering = Stand("node-3");
        var seen = TokenOfTomorrow();
        remembering.SawToken(seen);
        Assert.True((await Acquire(await StoreAsync(), remembering)).Term.Token > seen);
    }

    [Fact]
    public async Task A_term_from_before_the_loss_of_all_data_is_lost_once_the_next_has_begun()
    {
        if (!Applies(Wipe is not null, "it cannot lose its data"))
            return;
        var (one, two) = await TwoStoresAsync();
        var before = await Acquire(one, Stand("node-1"));
        await Wipe!();
        var after = await Acquire(two, Stand("node-2"));
        // The line of the old leader may be broken by the loss: unknown is no renewal either.
        try
        {
            Assert.Equal(RenewAnswer.Lost, await Renew(one, before.Term));
            await Release(one, before.Term);
        }
        catch (StoreUnavailableException)
        {
            // The store says that it cannot tell.
        }

        Assert.Equal(RenewAnswer.Renewed, await Renew(two, after.Term));
    }

    [Fact]
    public async Task A_seat_known_to_be_held_is_not_taken_before_its_end_from_a_store_that_lost_its_data()
    {
        if (!Applies(Wipe is not null, "it cannot lose its data"))
            return;
        var held = await Acquire(await StoreAsync(), Stand("node-1"));
        await Wipe!();
        var knowing = Stand("node-2");
        var end = Clock.GetTimestamp() + Ticks(Lease);
        knowing.Saw(new Sighting(LeaderOf(held), end));
        knowing.Saw(new Sighting(null, 0));
        var next = await Campaign(await StoreAsync(), knowing).WaitAsync(Bound + Lease);
        NotBefore(end, next.AnchoredAt);
        Assert.True(next.Term.Token > held.Term.Token);
    }

    [Fact]
    public async Task A_seat_known_to_be_held_is_taken_at_once_when_the_store_shows_its_release()
    {
        var (one, two) = await TwoStoresAsync();
        var held = await Acquire(one, Stand("node-1"));
        var knowing = Stand("node-2");
        knowing.Saw(new Sighting(LeaderOf(held), Clock.GetTimestamp() + Ticks(LongLease)));
        await Release(one, held.Term);
        await Campaign(two, knowing).WaitAsync(Bound);
    }

    private static Leader LeaderOf(Grant grant) => new(
        grant.Term.Candidate.NodeId, grant.Term.Candidate.Incarnation, null, grant.Term.Token, DateTimeOffset.UnixEpoch);

    /// <summary>A token above everything that a clock could give today.</summary>
    private static long TokenOfTomorrow() =>
        (DateTime.UtcNow.Date.AddDays(2) - DateTime.UnixEpoch).Ticks / 10;
}
