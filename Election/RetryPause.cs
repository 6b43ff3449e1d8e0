using AspireElection.Timing;

namespace AspireElection;

/// <summary>
/// The pauses of a loop after what failed, from a retry period to a lease.
/// </summary>
internal sealed class RetryPause(Equipment with)
{
    private readonly Backoff _backoff = new(with.Times.RetryPeriod, with.Times.Lease, with.Random);
    private readonly Wake _wake = new(with.Clock, with.Times.Slice);
    private volatile bool _stops;

    /// <summary>The store answered.</summary>
    public void Reset() => _backoff.Reset();

    /// <summary>Longer each time, until the node stops.</summary>
    public ValueTask NextAsync() => ForAsync(_backoff.Next());

    /// <summary>For this time, until the node stops.</summary>
    public async ValueTask ForAsync(TimeSpan time)
    {
        if (!_stops)
            await _wake.WaitUntilAsync(with.Clock.After(time));
    }

    /// <summary>The node stops: there are no pauses any more.</summary>
    public void Stop()
    {
        _stops = true;
        _wake.Set();
    }
}
