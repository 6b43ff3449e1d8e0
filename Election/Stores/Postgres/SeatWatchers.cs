namespace AspireElection.Stores.Postgres;

/// <summary>All who observe one election: they are given the newest sighting, and miss those between when they are slow.</summary>
internal sealed class SeatWatchers(string election)
{
    private readonly FanOut<Sighting> _fanOut = Observations.NewFanOut(election, "postgres");
    private Sighting? _last;
    private int _count;

    /// <summary>Whether somebody has joined who was told nothing yet.</summary>
    public bool IsAsked { get; private set; }

    public bool IsEmpty => _count == 0;

    public Subscription<Sighting> Join()
    {
        _count++;
        IsAsked = true;
        return _fanOut.Subscribe();
    }

    public void Leave(Subscription<Sighting> subscription)
    {
        _count--;
        subscription.Dispose();
    }

    public void Tell(Sighting sighting)
    {
        // A free seat has no end that could have moved.
        if (!IsAsked && sighting.Leader is null && _last is { Leader: null } last && last.Released == sighting.Released)
            return;
        IsAsked = false;
        _last = sighting;
        _fanOut.Publish(sighting);
    }

    public void Lose(Exception reason) => _fanOut.Complete(reason);
}
