namespace AspireElection.Timing;

/// <summary>
/// Notices when the wall clock and the boot clock part: the host was restored, its clock was stepped, or it slept. The
/// wall clock decides nothing, but such a host has reason to ask the store at once whether it still leads.
/// </summary>
internal sealed class ClockWatch
{
    private readonly TimeProvider _clock;
    private readonly TimeSpan _tolerance;
    private long _stamp;
    private DateTimeOffset _wall;

    public ClockWatch(TimeProvider clock, TimeSpan tolerance)
    {
        _clock = clock;
        _tolerance = tolerance;
        Restart();
    }

    /// <summary>How far the clocks parted since the last look; null while within the tolerance.</summary>
    public TimeSpan? Parted()
    {
        var apart = _clock.GetUtcNow() - _wall - _clock.GetElapsedTime(_stamp);
        if (apart.Duration() <= _tolerance)
            return null;
        Restart();
        return apart;
    }

    private void Restart()
    {
        _stamp = _clock.GetTimestamp();
        _wall = _clock.GetUtcNow();
    }
}
