namespace AspireElection;

/// <summary>Watches one seat for all who observe it.</summary>
internal interface ISeatWatch
{
    /// <summary>Begins; tells the seat what is seen of it, and that it is over.</summary>
    void Begin();

    /// <summary>Nobody observes any more.</summary>
    void End();
}

/// <summary>A seat that is observed: where its watch says what it sees.</summary>
internal sealed class ObservedSeat(Observations observations, string election, FanOut<Sighting> fanOut)
{
    public string Election => election;

    public FanOut<Sighting> FanOut => fanOut;

    public ISeatWatch? Watch { get; set; }

    public Sighting? Last { get; set; }

    public int Observers { get; set; }

    /// <summary>The seat was seen.</summary>
    public void Tell(Sighting sighting) => observations.Tell(this, sighting);

    /// <summary>The watch is over, and why where something broke.</summary>
    public void End(Exception? reason) => observations.End(this, reason);
}
