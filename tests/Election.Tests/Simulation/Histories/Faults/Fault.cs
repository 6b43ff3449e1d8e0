using System.Globalization;

namespace AspireElection.Tests.Simulation.Histories;

internal enum FaultKind
{
    Delay,
    LostRequests,
    LostReplies,
    LostNews,
    Errors,
    Partition,
    PartitionOfRequests,
    PartitionOfReplies,
    Cut,
    Pause,
    Suspend,
    WallStep,
    Crash,
    Priority,
    Join,
    Leave,
    Resign,
    StoreHang,
    StoreRestart,
    StoreRestartEmpty,
    StoreWipe,
    EndSession,
    SlowSession,
    RowLock,
}

/// <summary>One fault of a history, made up before it begins.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="At">When, in ticks of true time.</param>
/// <param name="Length">For how long; 0 for what happens at once.</param>
/// <param name="Nodes">To whom, one bit for each node.</param>
/// <param name="Amount">How much: ticks of delay or of a step, or a priority.</param>
/// <param name="Chance">For how many of the messages.</param>
/// <param name="Keeps">A partition: what was sent meanwhile arrives when it ends, rather than never.</param>
internal sealed record Fault(
    FaultKind Kind, long At, long Length = 0, int Nodes = 0, long Amount = 0, double Chance = 0, bool Keeps = false)
{
    public long EndsAt => At + Length;

    /// <summary>It is no failure of anything, but what operators do.</summary>
    public bool IsOrderly => Kind is FaultKind.Priority or FaultKind.Join or FaultKind.Leave or FaultKind.Resign or FaultKind.WallStep;

    /// <summary>It is the store's own.</summary>
    public bool IsOfStore => Kind is FaultKind.StoreHang or FaultKind.StoreRestart or FaultKind.StoreRestartEmpty or FaultKind.StoreWipe or FaultKind.EndSession or
        FaultKind.SlowSession or FaultKind.RowLock;

    public bool IsActing { get; private set; }

    /// <summary>What was kept until it ends.</summary>
    public Action? AtEnd { get; set; }

    public bool Hits(int node) => (Nodes >> node & 1) == 1;

    public void Begin() => IsActing = true;

    public void End()
    {
        IsActing = false;
        var kept = AtEnd;
        AtEnd = null;
        kept?.Invoke();
    }

    /// <summary>The same fault for another run.</summary>
    public Fault Fresh() => new(Kind, At, Length, Nodes, Amount, Chance, Keeps);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{At / 1e7:0.000}s {Kind}{(Length > 0 ? $" for {Length / 1e4:0}ms" : "")}{(Nodes != 0 ? $" nodes {Convert.ToString(Nodes, 2)}" : "")}{(Amount != 0 ? $" amount {Amount}" : "")}{(Chance > 0 ? $" chance {Chance:0.00}" : "")}{(Keeps ? " keeps" : "")}");
}
