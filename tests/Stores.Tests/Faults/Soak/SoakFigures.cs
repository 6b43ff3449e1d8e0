namespace AspireElection.Faults.Soaks;

/// <summary>What one kind of fault did on one store, over all its occurrences.</summary>
internal sealed class SoakFigures(string store, Fault fault)
{
    public string Store => store;

    public Fault Fault => fault;

    public int Strikes { get; set; }

    /// <summary>How long nobody led, each time that the leader changed; in milliseconds.</summary>
    public List<double> Gaps { get; } = [];

    /// <summary>From the instant that the bound counts from until somebody led; in milliseconds.</summary>
    public List<double> Recoveries { get; } = [];
}
