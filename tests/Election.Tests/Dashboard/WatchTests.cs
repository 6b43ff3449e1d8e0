using AspireElection.Dashboard.Watching;
using AspireElection.History;
using AspireElection.Stores.InProcess;
using AspireElection.Tests.Simulation;
using AspireElection.Timing;
using AspireElection.Workers;
using Microsoft.Extensions.Logging.Abstractions;

namespace AspireElection.Dashboard;

/// <summary>How often the dashboard asks the store, and what of the answers it renders the page for at once.</summary>
public sealed class WatchTests
{
    private const string Election = "e";

    private int _lists;
    private int _histories;

    [Fact]
    public async Task A_history_that_cannot_be_read_is_asked_for_once_a_second_and_told_once()
    {
        await using var kept = new InProcessStore(BootClock.Instance);
        await using var store = Counted(kept);
        store.OnReadLog += () => throw new StoreUnavailableException("the log is damaged");
        await LeadAsync(store);
        await WatchAsync(store, async (watch, changed) =>
        {
            var next = changed.Next;
            var (lists, histories) = (_lists, _histories);
            await ListedAsync(4);
            // Lists are read once a second: on a busy machine both are late.
            Assert.InRange(_histories - histories, 0, 2 * (_lists - lists) + 2);
            Assert.False(next.IsCompleted);
            Assert.Equal("the log is damaged", watch.Picture.HistoryTrouble);

            next = changed.Next;
            store.OnReadLog = null;
            await next.WaitAsync(TimeSpan.FromSeconds(20));
            await WorkerInProcess.UntilAsync(() => Task.FromResult(watch.Picture.HistoryTrouble is null), "the history is read");
        });
    }

    [Fact]
    public async Task What_is_read_again_and_is_the_same_renders_no_page_and_a_renewal_of_a_long_lease_none_either()
    {
        await using var kept = new InProcessStore(BootClock.Instance);
        await using var store = Counted(kept);
        var term = await LeadAsync(store);
        await AppendAsync(12);
        await WatchAsync(store, async (watch, changed) =>
        {
            // The last of the quick reads after a new leader.
            await WorkerInProcess.UntilAsync(() => Task.FromResult(_histories >= 7), "the history is read again");
            var next = changed.Next;
            var lease = watch.Picture.LeaseEndsAt;
            Assert.Equal(RenewAnswer.Renewed, await store.RenewAsync(term, TimeSpan.FromMinutes(2), CancellationToken.None));
            await WorkerInProcess.UntilAsync(() => Task.FromResult(watch.Picture.LeaseEndsAt > lease), "the renewal is seen");
            await store.HeartbeatAsync(new Member(Election, new CandidateId("n2", "1"), Role.Follower, 0, null, 0), CancellationToken.None);
            await ListedAsync(2);
            Assert.False(next.IsCompleted);
            Assert.Contains(watch.Picture.Members, m => m.Id.NodeId == "n2");

            await store.ReleaseAsync(term, CancellationToken.None);
            await next.WaitAsync(TimeSpan.FromSeconds(20));
        });

        ValueTask AppendAsync(double gap) => store.AppendAsync(
            term, Transition.Log, new Transition { Term = term.Token, Node = "n1", At = DateTimeOffset.UnixEpoch, LeaderlessMs = gap, Steps = [new("grant", gap)] }.ToJson(),
            Transition.Kept, CancellationToken.None);
    }

    private InterceptedStore Counted(IElectionStore store) => new(store)
    {
        OnList = () => Interlocked.Increment(ref _lists),
        OnReadLog = () => Interlocked.Increment(ref _histories),
    };

    /// <summary>Watches until all has been read once, and what was new is told.</summary>
    private async Task WatchAsync(InterceptedStore store, Func<ElectionWatch, Pulse, Task> test)
    {
        var changed = new Pulse();
        var watch = new ElectionWatch(Election, "memory", BootClock.Instance, changed, NullLogger.Instance);
        using var stop = new CancellationTokenSource();
        var running = watch.RunAsync(store, stop.Token);
        try
        {
            await WorkerInProcess.UntilAsync(() => Task.FromResult(watch.Picture is { IsComplete: true, Leader: not null }), "all is read");
            await ListedAsync(2);
            await test(watch, changed);
        }
        finally
        {
            await stop.CancelAsync();
            await running;
        }
    }

    /// <summary>Until the members have been asked for so often from now on.</summary>
    private Task ListedAsync(int times)
    {
        var from = Volatile.Read(ref _lists);
        return WorkerInProcess.UntilAsync(() => Task.FromResult(Volatile.Read(ref _lists) >= from + times), $"the members are read {times} times more");
    }

    private static async Task<Term> LeadAsync(InterceptedStore store)
    {
        var grant = await store.AcquireAsync(new Candidacy(Election, new CandidateId("n1", "1"), TimeSpan.FromMinutes(1)), CancellationToken.None);
        return grant.Term;
    }
}
