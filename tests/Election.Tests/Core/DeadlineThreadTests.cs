using AspireElection.Timing;

namespace AspireElection.Tests.Core;

/// <summary>The thread that ends trust on time, on the real clock.</summary>
public sealed class DeadlineThreadTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(20);
    private readonly BootClock _clock = BootClock.Instance;

    [Fact]
    public async Task A_deadline_fires_not_early_soon_after_and_on_no_pool_thread()
    {
        var thread = new DeadlineThread(_clock);
        var deadline = _clock.After(TimeSpan.FromMilliseconds(50));
        var fired = new TaskCompletionSource<(long At, bool OnPool)>();
        thread.Watch(new Deadline(() => deadline, () => fired.SetResult((_clock.GetTimestamp(), Thread.CurrentThread.IsThreadPoolThread))), Slice);
        var (at, onPool) = await fired.Task.WaitAsync(Bound);
        Assert.True(at >= deadline);
        Assert.False(onPool);
    }

    [Fact]
    public async Task A_deadline_that_moved_fires_at_its_new_time_and_none_before_its_own()
    {
        var thread = new DeadlineThread(_clock);
        var (first, second) = (new TaskCompletionSource<long>(), new TaskCompletionSource<long>());
        var moved = _clock.After(TimeSpan.FromMilliseconds(30));
        var middle = _clock.After(TimeSpan.FromMilliseconds(60));
        thread.Watch(new Deadline(() => moved, () => second.SetResult(_clock.GetTimestamp())), Slice);
        thread.Watch(new Deadline(() => middle, () => first.SetResult(_clock.GetTimestamp())), Slice);
        moved = _clock.After(TimeSpan.FromMilliseconds(90));
        Assert.True(await first.Task.WaitAsync(Bound) >= middle);
        Assert.True(await second.Task.WaitAsync(Bound) >= moved);
    }

    [Fact]
    public async Task A_deadline_that_was_taken_away_does_not_fire()
    {
        var thread = new DeadlineThread(_clock);
        var fired = false;
        var end = _clock.After(TimeSpan.FromMilliseconds(60));
        var done = new TaskCompletionSource();
        var deadline = _clock.After(TimeSpan.FromMilliseconds(30));
        thread.Watch(new Deadline(() => deadline, () => fired = true), Slice);
        thread.Watch(new Deadline(() => end, done.SetResult), Slice);
        deadline = long.MinValue;
        await done.Task.WaitAsync(Bound);
        Assert.False(fired);
    }

    [Fact]
    public void The_boot_clock_is_not_behind_the_clock_that_stands_still_in_a_suspend()
    {
        var before = TimeProvider.System.GetTimestamp() / (double)TimeProvider.System.TimestampFrequency;
        Assert.True(_clock.GetTimestamp() / (double)_clock.TimestampFrequency >= before);
    }

    [Fact]
    public async Task Cancelling_goes_on_although_a_users_callback_throws_or_listens_no_more()
    {
        var threads = new CancellationThreads();
        using var throwing = new CancellationTokenSource();
        throwing.Token.Register(() => throw new InvalidOperationException("a user's mistake"));
        var gone = new CancellationTokenSource();
        gone.Dispose();
        using var last = new CancellationTokenSource();
        var cancelled = new TaskCompletionSource();
        last.Token.Register(cancelled.SetResult);
        threads.Cancel(throwing);
        threads.Cancel(gone);
        threads.Cancel(last);
        await cancelled.Task.WaitAsync(Bound);
        Assert.True(throwing.IsCancellationRequested);
    }

    [Fact]
    public async Task A_callback_that_blocks_holds_up_nobody_elses_cancellation()
    {
        var threads = new CancellationThreads();
        using var free = new ManualResetEventSlim();
        var blocking = Enumerable.Range(0, CancellationThreads.Most - 1).Select(_ => new CancellationTokenSource()).ToList();
        try
        {
            foreach (var source in blocking)
            {
                source.Token.Register(() => free.Wait(Bound * 3));
                threads.Cancel(source);
            }

            foreach (var other in Enumerable.Range(0, 100).Select(_ => new CancellationTokenSource()))
            {
                var cancelled = new TaskCompletionSource();
                other.Token.Register(cancelled.SetResult);
                threads.Cancel(other);
                await cancelled.Task.WaitAsync(Bound);
            }
        }
        finally
        {
            free.Set();
        }
    }

    private sealed class Deadline(Func<long> at, Action due) : IDeadline
    {
        public long EndDueAt => at();

        public void EndOnTime() => due();
    }
}
