namespace AspireElection.Conformance;

/// <summary>What an observer is told: the seat as it is, then its changes, the newest always.</summary>
public abstract partial class StoreConformance<TStore>
{
    [Fact]
    public async Task An_observer_is_told_the_present_state_then_release_and_next_leader()
    {
        var (one, two) = await TwoStoresAsync();
        var watching = Watch(two);
        Assert.Null((await watching.FirstAsync()).Sighting.Leader);

        var first = await Acquire(one, Stand("node-1"));
        await watching.UntilAsync(s => s.Leader?.Term == first.Term.Token);
        Assert.Equal(first.Term.Token, (await Watch(one).FirstAsync()).Sighting.Leader?.Term);

        await Release(one, first.Term);
        await watching.UntilAsync(s => s is { Leader: null, Released: true });

        var second = await Acquire(two, Stand("node-2"));
        await watching.UntilAsync(s => s.Leader?.Term == second.Term.Token);
    }

    [Fact]
    public async Task A_sighting_tells_who_leads_and_until_when_it_may()
    {
        var (one, two) = await TwoStoresAsync();
        var candidacy = Stand("node-1");
        var grant = await Acquire(one, candidacy);
        var asked = DateTimeOffset.UtcNow;
        var (sighting, heard) = await Watch(two).FirstAsync();
        Assert.NotNull(sighting.Leader);
        Assert.False(sighting.Released);
        Assert.Equal("node-1", sighting.Leader.NodeId);
        Assert.Equal(candidacy.Id.Incarnation, sighting.Leader.Incarnation);
        Assert.Equal(candidacy.Address, sighting.Leader.Address);
        Assert.InRange(sighting.Leader.Since, asked - TimeSpan.FromMinutes(1), asked + TimeSpan.FromMinutes(1));
        Assert.InRange(sighting.EndsAt,
            grant.AnchoredAt + Ticks(LongLease - Precision), heard + Ticks(LongLease + Precision));
    }

    [Fact]
    public async Task A_renewal_moves_the_end_that_a_new_observer_is_told()
    {
        var (one, two) = await TwoStoresAsync();
        var grant = await Acquire(one, Stand("node-1", lease: LongLease / 2));
        var sent = Clock.GetTimestamp();
        Assert.Equal(RenewAnswer.Renewed, await Renew(one, grant.Term, LongLease));
        var (sighting, heard) = await Watch(two).FirstAsync();
        Assert.InRange(sighting.EndsAt, sent + Ticks(LongLease - Precision), heard + Ticks(LongLease + Precision));
    }

    [Fact]
    public async Task An_observer_is_told_who_took_over_from_a_silent_leader()
    {
        var (one, two) = await TwoStoresAsync();
        var silent = await Acquire(one, Stand("node-1", lease: Lease));
        var watching = Watch(one);
        Assert.Equal(silent.Term.Token, (await watching.FirstAsync()).Sighting.Leader?.Term);
        var next = await Acquire(two, Stand("node-2"));
        await watching.UntilAsync(s => s.Leader?.Term == next.Term.Token);
    }

    [Fact]
    public async Task A_slow_observer_holds_up_nobody_and_is_told_the_newest_state()
    {
        var (one, two) = await TwoStoresAsync();
        await using var slow = two.ObserveAsync(Election, _ending.Token).GetAsyncEnumerator();
        Assert.True(await slow.MoveNextAsync().AsTask().WaitAsync(Bound));
        for (var cycle = 0; cycle < 20; cycle++)
            await Release(one, (await Acquire(one, Stand("node-1"))).Term);
        var last = await Acquire(one, Stand("node-2"));
        for (var read = 0; slow.Current.Leader?.Term != last.Term.Token; read++)
        {
            Assert.True(read < 100, "the queue of a slow observer is not bounded");
            Assert.True(await slow.MoveNextAsync().AsTask().WaitAsync(Bound));
        }
    }

    [Fact]
    public async Task Observing_ends_when_it_is_cancelled()
    {
        var store = await StoreAsync();
        using var cancelling = new CancellationTokenSource();
        await using var observing = store.ObserveAsync(Election, cancelling.Token).GetAsyncEnumerator();
        Assert.True(await observing.MoveNextAsync().AsTask().WaitAsync(Bound));
        var next = observing.MoveNextAsync().AsTask();
        await cancelling.CancelAsync();
        try
        {
            Assert.False(await next.WaitAsync(Bound), "it was told something after the end");
        }
        catch (OperationCanceledException)
        {
            // As good an end as the other.
        }
    }

    private Watching Watch(IElectionStore store) => new(this, store.ObserveAsync(Election, _ending.Token));

    private sealed class Watching
    {
        private readonly StoreConformance<TStore> _suite;
        private readonly List<(Sighting, long)> _heard = [];
        private readonly Task _reading;
        private int _read;

        public Watching(StoreConformance<TStore> suite, IAsyncEnumerable<Sighting> sightings)
        {
            _suite = suite;
            _reading = ReadAsync(sightings);
        }

        public Task<(Sighting Sighting, long HeardAt)> FirstAsync() => UntilAsync(_ => true);

        /// <summary>The next sighting that fits; what was heard before it is passed over.</summary>
        public async Task<(Sighting Sighting, long HeardAt)> UntilAsync(Func<Sighting, bool> fits)
        {
            (Sighting, long) found = default;
            await _suite.Until(async () =>
            {
                if (_reading.IsCompleted)
                    await _reading;
                lock (_heard)
                {
                    while (_read < _heard.Count)
                    {
                        found = _heard[_read++];
                        if (fits(found.Item1))
                            return true;
                    }
                }

                return false;
            }, "the observer is told");
            return found;
        }

        private async Task ReadAsync(IAsyncEnumerable<Sighting> sightings)
        {
            await foreach (var sighting in sightings)
            {
                lock (_heard)
                    _heard.Add((sighting, _suite.Clock.GetTimestamp()));
            }
        }
    }
}
