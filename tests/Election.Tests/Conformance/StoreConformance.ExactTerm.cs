namespace AspireElection.Conformance;

/// <summary>Renewal and release name one term, and touch no other.</summary>
public abstract partial class StoreConformance<TStore>
{
    [Fact]
    public async Task A_released_term_is_lost()
    {
        var store = await StoreAsync();
        var grant = await Acquire(store, Stand("node-1"));
        await Release(store, grant.Term);
        Assert.Equal(RenewAnswer.Lost, await Renew(store, grant.Term));
    }

    [Fact]
    public async Task A_term_that_never_was_is_lost_and_its_release_does_nothing()
    {
        var store = await StoreAsync();
        var never = new Term(Election, new CandidateId("node-1", "never"), 7);
        Assert.Equal(RenewAnswer.Lost, await Renew(store, never));
        await Release(store, never);
        await Acquire(store, Stand("node-1"));
    }

    [Fact]
    public async Task An_older_term_of_the_same_candidate_can_neither_renew_nor_release_the_newer()
    {
        var store = await StoreAsync();
        var candidacy = Stand("node-1");
        var older = await Acquire(store, candidacy);
        await Release(store, older.Term);
        var newer = await Acquire(store, candidacy);
        Assert.Equal(RenewAnswer.Lost, await Renew(store, older.Term));
        await Release(store, older.Term);
        Assert.Equal(RenewAnswer.Renewed, await Renew(store, newer.Term));
    }

    [Theory]
    [InlineData("node-1", "other")]
    [InlineData("node-2", "mine")]
    [InlineData("NODE-1", "mine")]
    [InlineData("node-1", "MINE")]
    public async Task The_same_token_of_another_candidate_can_neither_renew_nor_release(string node, string incarnation)
    {
        var (one, two) = await TwoStoresAsync();
        var held = await Acquire(one, Stand("node-1", incarnation: "mine"));
        var foreign = held.Term with { Candidate = new CandidateId(node, incarnation) };
        foreach (var store in (IElectionStore[])[one, two])
        {
            Assert.Equal(RenewAnswer.Lost, await Renew(store, foreign));
            await Release(store, foreign);
            Assert.Equal(RenewAnswer.Renewed, await Renew(one, held.Term));
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task Another_token_of_the_holder_can_neither_renew_nor_release(int difference)
    {
        var store = await StoreAsync();
        var held = await Acquire(store, Stand("node-1"));
        var other = held.Term with { Token = held.Term.Token + difference };
        Assert.Equal(RenewAnswer.Lost, await Renew(store, other));
        await Release(store, other);
        Assert.Equal(RenewAnswer.Renewed, await Renew(store, held.Term));
    }

    [Fact]
    public async Task A_second_release_does_not_free_the_seat_of_the_next()
    {
        var (one, two) = await TwoStoresAsync();
        var first = await Acquire(one, Stand("node-1"));
        await Release(one, first.Term);
        var second = await Acquire(two, Stand("node-2"));
        await Release(one, first.Term);
        Assert.Equal(RenewAnswer.Renewed, await Renew(two, second.Term));
    }

    [Fact]
    public async Task An_incarnation_reclaims_a_seat_whose_grant_never_reached_it_under_a_new_token()
    {
        if (!Applies(ReclaimsOrphans, "an orphaned seat ends with its session or lease"))
            return;
        var (one, two) = await TwoStoresAsync();
        var candidacy = Stand("node-1");
        var orphan = await Acquire(one, candidacy);
        var reclaimed = await Campaign(two, candidacy).WaitAsync(Bound);
        Assert.True(reclaimed.Term.Token > orphan.Term.Token);
        Assert.Equal(RenewAnswer.Lost, await Renew(one, orphan.Term));
        await Release(one, orphan.Term);
        Assert.Equal(RenewAnswer.Renewed, await Renew(two, reclaimed.Term));
    }
}
