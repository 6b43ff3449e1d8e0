using AspireElection.Stores.InProcess;
using AspireElection.Tests.Simulation;

namespace AspireElection.Stores;

/// <summary>The reference store in simulated time, on one thread.</summary>
public sealed class InProcessTests
{
    private readonly SimulatedClock _clock = new();

    [Fact]
    public async Task A_successor_that_does_not_come_loses_its_turn_to_the_next()
    {
        await using var store = new InProcessStore(_clock);
        var leader = await store.AcquireAsync(Stand("node-1"), default);
        var (paused, running) = (new Node(), new Node());
        var best = paused.Run(() => store.AcquireAsync(Stand("node-2", priority: 9), default).AsTask());
        var next = running.Run(() => store.AcquireAsync(Stand("node-3"), default).AsTask());
        await store.ReleaseAsync(leader.Term, default);
        running.Pump();
        Assert.False(next.IsCompleted, "the seat was kept for the best");
        var released = _clock.Now;
        Assert.True(_clock.FireNext(long.MaxValue));
        running.Pump();
        Assert.True(next.IsCompletedSuccessfully);
        Assert.Equal(TimeSpan.FromMilliseconds(250).Ticks, (await next).AnchoredAt - released);
        paused.Pump();
        Assert.False(best.IsCompleted);
        await store.ReleaseAsync((await next).Term, default);
        paused.Pump();
        Assert.True(best.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task When_all_missed_their_turn_the_first_that_comes_back_takes_the_seat()
    {
        await using var store = new InProcessStore(_clock);
        var leader = await store.AcquireAsync(Stand("node-1"), default);
        var node = new Node();
        var waiting = node.Run(() => store.AcquireAsync(Stand("node-2"), default).AsTask());
        await store.ReleaseAsync(leader.Term, default);
        while (_clock.FireNext(_clock.Now + TimeSpan.FromMinutes(1).Ticks))
            Assert.False(waiting.IsCompleted);
        node.Pump();
        Assert.True(waiting.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_lease_ends_at_its_instant_and_not_before()
    {
        await using var store = new InProcessStore(_clock);
        var silent = await store.AcquireAsync(Stand("node-1"), default);
        var node = new Node();
        var waiting = node.Run(() => store.AcquireAsync(Stand("node-2"), default).AsTask());
        _clock.MoveTo(silent.AnchoredAt + TimeSpan.FromSeconds(10).Ticks - 1);
        Assert.Equal(RenewAnswer.Renewed, await store.RenewAsync(silent.Term, TimeSpan.FromSeconds(10), default));
        Assert.True(_clock.FireNext(long.MaxValue));
        Assert.True(_clock.FireNext(long.MaxValue) || node.Pump());
        node.Pump();
        Assert.True((await waiting).AnchoredAt >= silent.AnchoredAt + TimeSpan.FromSeconds(20).Ticks - 1);
    }

    [Fact]
    public async Task A_disposed_store_ends_campaigns_and_observations()
    {
        var store = new InProcessStore(_clock);
        await store.AcquireAsync(Stand("node-1"), default);
        var waiting = store.AcquireAsync(Stand("node-2"), default).AsTask();
        await using var observing = store.ObserveAsync("jobs", default).GetAsyncEnumerator();
        Assert.True(await observing.MoveNextAsync());
        var next = observing.MoveNextAsync().AsTask();
        await store.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(20)));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => next.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task A_slow_observer_loses_the_oldest_sightings_which_are_counted_and_holds_up_nobody()
    {
        var lost = new List<string>();
        await using var store = new InProcessStore(_clock, lost.Add);
        await using var slow = store.ObserveAsync("jobs", default).GetAsyncEnumerator();
        Assert.True(await slow.MoveNextAsync());
        var leader = await store.AcquireAsync(Stand("node-1"), default);
        for (var beat = 0; beat < 20; beat++)
            Assert.Equal(RenewAnswer.Renewed, await store.RenewAsync(leader.Term, TimeSpan.FromSeconds(10 + beat), default));

        // The grant and twenty renewals, of which the newest four are kept.
        Assert.Equal(21 - 4, lost.Count);
        Assert.All(lost, election => Assert.Equal("jobs", election));
        for (var kept = 16; kept < 20; kept++)
        {
            Assert.True(await slow.MoveNextAsync());
            Assert.Equal(_clock.Now + TimeSpan.FromSeconds(10 + kept).Ticks, slow.Current.EndsAt);
        }
    }

    private static Candidacy Stand(string node, int priority = 0) =>
        new("jobs", new CandidateId(node, "x"), TimeSpan.FromSeconds(10), priority);

    /// <summary>A node that goes on only when it is pumped.</summary>
    private sealed class Node : SynchronizationContext
    {
        private readonly Queue<(SendOrPostCallback, object?)> _posted = new();

        public override void Post(SendOrPostCallback d, object? state) => _posted.Enqueue((d, state));

        public T Run<T>(Func<T> act)
        {
            var before = Current;
            SetSynchronizationContext(this);
            try
            {
                return act();
            }
            finally
            {
                SetSynchronizationContext(before);
            }
        }

        public bool Pump() => Run(() =>
        {
            var any = false;
            while (_posted.TryDequeue(out var next))
            {
                any = true;
                next.Item1(next.Item2);
            }

            return any;
        });
    }
}
