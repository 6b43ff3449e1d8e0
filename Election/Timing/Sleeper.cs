namespace AspireElection.Timing;

/// <summary>Who waits for an instant and can be woken before; one wait at a time. The ticker has the waits of all.</summary>
/// <param name="clock">Whose timestamps are waited for.</param>
/// <param name="slice">The longest time without a look at the clock while somebody waits.</param>
internal abstract class Sleeper(TimeProvider clock, TimeSpan slice)
{
    private readonly Ticker _ticker = Ticker.Of(clock, slice);
    private bool _isSet;

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

    /// <summary>
    /// The wait is over: it was set, or its time has come. It has left the ticker, and this is not under its gate, because a
    /// context of the user's may run what waits on the spot.
    /// </summary>
    internal abstract void End(bool wasSet);

    /// <summary>Begins to wait, of which <see cref="End"/> tells the end; where there is nothing to wait for, why.</summary>
    /// <returns>Null when it waits; else whether it was set.</returns>
    protected bool? Sleep(long timestamp)
    {
        lock (_ticker.Gate)
        {
            if (_isSet)
            {
                _isSet = false;
                return true;
            }

            if (_ticker.HasCome(timestamp))
                return false;
            _ticker.Begin(this, timestamp);
            return null;
        }
    }
}
