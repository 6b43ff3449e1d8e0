namespace AspireElection.Stores.Redis;

/// <summary>
/// A wait for an instant that may move, and that a message may cut short: what waits goes on within <see cref="Ring"/>,
/// up to where it waits next, because a turn need not wait for another thread.
/// </summary>
internal sealed class Alarm(TimeProvider clock, TimeSpan slice)
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(1);

    private TaskCompletionSource _rung = new();

    /// <summary>Makes the wait look at its instant again.</summary>
    public void Ring()
    {
        // Who rings has written why just before, and who waits reads it just after: one of both must see the other's.
        Interlocked.MemoryBarrier();
        Volatile.Read(ref _rung).TrySetResult();
    }

    /// <summary>
    /// Waits until the clock has reached what <paramref name="due"/> gives. In slices: the timers below stand still
    /// while the host is suspended, the clock does not.
    /// </summary>
    public async ValueTask WaitAsync(Func<long> due, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_rung.Task.IsCompleted)
                Interlocked.Exchange(ref _rung, new());
            var rung = _rung.Task;
            var left = clock.Left(due());
            cancellationToken.ThrowIfCancellationRequested();
            if (left <= TimeSpan.Zero)
                return;
            try
            {
                // Timers count whole milliseconds: what is left below one would be no wait at all but a busy loop.
                left = left < s_tick ? s_tick : left;
                await rung.WaitAsync(Timestamps.Shorter(left, slice), clock, cancellationToken);
            }
            catch (TimeoutException)
            {
                // The slice is over: look at the clock again.
            }
        }
    }
}
