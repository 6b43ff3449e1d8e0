using System.Threading.Tasks.Sources;

namespace AspireElection.Timing;

/// <summary>
/// A wait until a timestamp that can be cut short. One waits at a time; waiting allocates nothing and sets no timer of
/// its own (<see cref="Ticker"/>).
/// </summary>
internal sealed class Wake : IValueTaskSource<bool>
{
    private readonly Ticker _ticker;

    // What waits must go on elsewhere: Set is called by the deadline thread, which has to go on itself.
    private ManualResetValueTaskSourceCore<bool> _waiting = new() { RunContinuationsAsynchronously = true };
    private bool _isSet;

    /// <param name="clock">Whose timestamps are waited for.</param>
    /// <param name="slice">The longest time without a look at the clock while somebody waits.</param>
    public Wake(TimeProvider clock, TimeSpan slice)
    {
        _ticker = Ticker.Of(clock);
        _ticker.LookEvery(slice);
    }

    /// <summary>What is waited for; the ticker's.</summary>
    internal long Due { get; set; }

    /// <summary>Where it stands among those that wait, -1 where it does not; the ticker's.</summary>
    internal int Place { get; set; } = -1;

    /// <summary>Ends the wait under way, or the next one at once.</summary>
    public void Set()
    {
        lock (_ticker.Gate)
        {
            if (Place < 0)
            {
                _isSet = true;
                return;
            }

            _ticker.Leave(this);
        }

        End(true);
    }

    /// <summary>Waits until the timestamp or until <see cref="Set"/>.</summary>
    /// <returns>True when it was set.</returns>
    public ValueTask<bool> WaitUntilAsync(long timestamp)
    {
        lock (_ticker.Gate)
        {
            if (_isSet)
            {
                _isSet = false;
                return new ValueTask<bool>(true);
            }

            if (_ticker.HasCome(timestamp))
                return new ValueTask<bool>(false);
            _waiting.Reset();
            _ticker.Begin(this, timestamp);
            return new ValueTask<bool>(this, _waiting.Version);
        }
    }

    /// <summary>
    /// Ends the wait that has left the ticker; not under its gate, because a context of the user's may run what waits on the spot.
    /// </summary>
    internal void End(bool wasSet) => _waiting.SetResult(wasSet);

    bool IValueTaskSource<bool>.GetResult(short token) => _waiting.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _waiting.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiting.OnCompleted(continuation, state, token, flags);
}
