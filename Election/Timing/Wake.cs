using System.Threading.Tasks.Sources;

namespace AspireElection.Timing;

/// <summary>
/// A wait until a timestamp that can be cut short, to be awaited. One waits at a time; waiting allocates nothing and sets no
/// timer of its own (<see cref="Ticker"/>).
/// </summary>
/// <param name="clock">Whose timestamps are waited for.</param>
/// <param name="slice">The longest time without a look at the clock while somebody waits.</param>
internal sealed class Wake(TimeProvider clock, TimeSpan slice) : Sleeper(clock, slice), IValueTaskSource<bool>
{
    // What waits must go on elsewhere: Set is called by the deadline thread, which has to go on itself.
    private ManualResetValueTaskSourceCore<bool> _waiting = new() { RunContinuationsAsynchronously = true };

    /// <summary>Waits until the timestamp or until <see cref="Sleeper.Set"/>.</summary>
    /// <returns>True when it was set.</returns>
    public ValueTask<bool> WaitUntilAsync(long timestamp)
    {
        // Before: the wait may be over before its beginning has returned.
        _waiting.Reset();
        return Sleep(timestamp) is { } wasSet ? new ValueTask<bool>(wasSet) : new ValueTask<bool>(this, _waiting.Version);
    }

    internal override void End(bool wasSet) => _waiting.SetResult(wasSet);

    bool IValueTaskSource<bool>.GetResult(short token) => _waiting.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _waiting.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiting.OnCompleted(continuation, state, token, flags);
}
