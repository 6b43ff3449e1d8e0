namespace AspireElection;

/// <summary>Watches one seat for all who observe it.</summary>
internal interface ISeatWatch
{
    /// <summary>The newest that is known of the seat; null before the first look.</summary>
    Sighting? Newest { get; }

    /// <summary>Begins; tells the seat that there is something newer, and that it is over.</summary>
    void Begin();

    /// <summary>Nobody observes any more.</summary>
    void End();
}

/// <summary>A seat that is observed, by whom, and where its watch says that there are news.</summary>
internal sealed class ObservedSeat(Observations observations, string election)
{
    // Replaced as a whole: in most elections it is one.
    private Observation[] _observers = [];

    public string Election => election;

    public ISeatWatch? Watch { get; set; }

    public bool IsObserved => _observers.Length > 0;

    /// <summary>The watch has something newer.</summary>
    public void Tell() => observations.Tell(this);

    /// <summary>The watch is over, and why where something broke.</summary>
    public void End(Exception? reason) => observations.End(this, reason);

    public void Add(Observation observer) => _observers = [.. _observers, observer];

    public void Remove(Observation observer) => _observers = [.. _observers.Where(o => o != observer)];

    public void TellAll(Sighting sighting)
    {
        foreach (var observer in _observers)
            observer.Tell(sighting);
    }

    public void EndAll(Exception? reason)
    {
        foreach (var observer in _observers)
            observer.End(reason);
    }
}
