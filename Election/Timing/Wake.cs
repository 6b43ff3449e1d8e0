namespace AspireElection.Timing;

/// <summary>A wait until a timestamp that can be cut short. One waits at a time.</summary>
internal sealed class Wake(TimeProvider clock, TimeSpan slice, Func<bool>? eachSlice = null)
{
    private readonly Lock _gate = new();
    private bool _isSet;
    private TaskCompletionSource? _waiting;

    /// <summary>Ends the wait under way, or the next one at once.</summary>
    public void Set()
    {
        lock (_gate)
        {
            _isSet = true;
            _waiting?.TrySetResult();
        }
    }

    /// <summary>
    /// Waits until the timestamp or until <see cref="Set"/>, in slices: the timers below stand still in a suspend,
    /// the clock does not.
    /// </summary>
    /// <returns>True when it was set, or cut short by what is asked after each slice.</returns>
    public async ValueTask<bool> WaitUntilAsync(long timestamp)
    {
        while (true)
        {
            TaskCompletionSource waiting;
            lock (_gate)
            {
                if (_isSet)
                {
                    _isSet = false;
                    return true;
                }

                // Its continuation must run elsewhere: Set is called by the deadline thread, which has to go on.
                _waiting = waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            var left = clock.Until(timestamp);
            if (left <= TimeSpan.Zero)
                return false;
            await using var timer = clock.CreateTimer(
                static set => ((TaskCompletionSource)set!).TrySetResult(), waiting, (left < slice ? left : slice).ForTimer(), Timeout.InfiniteTimeSpan);
            await waiting.Task;
            if (eachSlice?.Invoke() == true)
                return true;
        }
    }
}
