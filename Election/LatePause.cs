namespace AspireElection;

/// <summary>The pauses of a loop, of which nothing exists before its first failure.</summary>
internal struct LatePause
{
    private RetryPause? _pause;
    private volatile bool _stops;

    /// <summary>Whether the node stops.</summary>
    public readonly bool Stops => _stops;

    /// <summary>To pause with; made with the first failure.</summary>
    public RetryPause Of(Equipment with)
    {
        if (_pause is { } known)
            return known;
        var pause = new RetryPause(with);
        // Who stops the node either finds it, or has said before that it stops.
        Interlocked.Exchange(ref _pause, pause);
        if (_stops)
            pause.Stop();
        return pause;
    }

    /// <summary>The store answered.</summary>
    public readonly void Reset() => _pause?.Reset();

    /// <summary>The node stops: there are no pauses any more.</summary>
    public void Stop()
    {
        _stops = true;
        Interlocked.MemoryBarrier();
        _pause?.Stop();
    }
}
