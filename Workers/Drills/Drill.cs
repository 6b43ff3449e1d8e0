namespace AspireElection.Workers.Drills;

/// <summary>What an operator has this node suffer: no renewals for a while, or no traffic with the store at all.</summary>
internal sealed class Drill(TimeProvider clock) : IDisposable
{
    private readonly Lock _gate = new();
    private CancellationTokenSource _cutBegins = new();
    private long _pausedUntil = long.MinValue;
    private long _cutUntil = long.MinValue;

    /// <summary>Fires when the next cut begins, so that what waits in the store is cut off as well.</summary>
    public CancellationToken CutBegins
    {
        get
        {
            lock (_gate)
                return _cutBegins.Token;
        }
    }

    public bool IsCut
    {
        get
        {
            lock (_gate)
                return clock.GetTimestamp() < _cutUntil;
        }
    }

    public void Pause(TimeSpan duration)
    {
        lock (_gate)
            _pausedUntil = After(duration);
    }

    public void Cut(TimeSpan duration)
    {
        CancellationTokenSource begins;
        lock (_gate)
        {
            _cutUntil = After(duration);
            begins = _cutBegins;
            _cutBegins = new CancellationTokenSource();
        }

        begins.Cancel();
    }

    /// <exception cref="StoreUnavailableException">A cut is under way.</exception>
    public void ThrowIfCut() => ThrowUntil(_cutUntil, "cut off from its store");

    /// <exception cref="StoreUnavailableException">Renewals are paused, or a cut is under way.</exception>
    public void ThrowIfPaused()
    {
        ThrowIfCut();
        ThrowUntil(_pausedUntil, "kept from renewing and standing");
    }

    public void Dispose() => _cutBegins.Dispose();

    private long After(TimeSpan duration) => clock.GetTimestamp() + (long)(duration.TotalSeconds * clock.TimestampFrequency);

    private void ThrowUntil(long timestamp, string what)
    {
        lock (_gate)
        {
            var now = clock.GetTimestamp();
            if (now < timestamp)
                throw new StoreUnavailableException($"this node is {what} by a drill, for another {clock.GetElapsedTime(now, timestamp).TotalSeconds:0.0} s");
        }
    }
}
