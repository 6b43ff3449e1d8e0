namespace AspireElection.Timing;

/// <summary>A wait until a timestamp that can be cut short.</summary>
internal sealed class Wake(TimeProvider clock, TimeSpan slice, Func<bool>? eachSlice = null)
{
    private volatile TaskCompletionSource _set = New();

    /// <summary>Ends the wait under way, or the next one at once.</summary>
    public void Set() => _set.TrySetResult();

    /// <summary>
    /// Waits until the timestamp or until <see cref="Set"/>, in slices: the timers below stand still in a suspend,
    /// the clock does not.
    /// </summary>
    /// <returns>True when it was set, or cut short by what is asked after each slice.</returns>
    public async ValueTask<bool> WaitUntilAsync(long timestamp)
    {
        while (true)
        {
            var set = _set;
            if (set.Task.IsCompleted)
            {
                _set = New();
                return true;
            }

            var left = clock.Until(timestamp);
            if (left <= TimeSpan.Zero)
                return false;
            try
            {
                await set.Task.WaitAsync(left < slice ? left : slice, clock);
            }
            catch (TimeoutException)
            {
                // The slice is over: look at the clock again.
                if (eachSlice?.Invoke() == true)
                    return true;
            }
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
