using AspireElection.Timing;

namespace AspireElection;

/// <summary>
/// The pauses of a loop after what failed, from a retry period to a lease. To be made with the first failure.
/// </summary>
internal sealed class RetryPause(LeadershipTimes times, TimeProvider clock, Random random)
{
    private Backoff? _backoff;
    private readonly Wake _wake = new(clock, times.Slice);
    private volatile bool _stops;

    /// <summary>The store answered.</summary>
    public void Reset() => _backoff?.Reset();

    /// <summary>Longer each time, until the node stops.</summary>
    public ValueTask NextAsync()
    {
        _backoff ??= new Backoff(times.RetryPeriod, times.Lease, random);
        return ForAsync(_backoff.Next());
    }

    /// <summary>For this time, until the node stops.</summary>
    public async ValueTask ForAsync(TimeSpan time)
    {
        if (!_stops)
            await _wake.WaitUntilAsync(clock.After(time));
    }

    /// <summary>The node stops: there are no pauses any more.</summary>
    public void Stop()
    {
        _stops = true;
        _wake.Set();
    }
}
