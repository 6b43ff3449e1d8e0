using AspireElection.Stores.Quorum.Protocol;
using AspireElection.Tests.Simulation.Histories;

namespace AspireElection.Tests.Stores.Quorum.Histories;

/// <summary>What is left of a peer when it crashes.</summary>
internal sealed class RaftDisk
{
    public HardState? HardState { get; private set; }

    public Snapshot? Snapshot { get; private set; }

    public List<LogEntry> Entries { get; } = [];

    public RestoredState Restore() => new(HardState, Snapshot, [.. Entries]);

    public long? TermAt(long index)
    {
        if (index == (Snapshot?.Index ?? 0))
            return Snapshot?.Term ?? 0;
        return Entries.Find(e => e.Index == index)?.Term;
    }

    public void Store(Ready ready)
    {
        HardState = ready.HardState ?? HardState;
        if (ready.CutFrom is { } cut)
            Entries.RemoveAll(e => e.Index >= cut);
        Store(ready.Snapshot);
        Entries.AddRange(ready.Entries);
    }

    /// <summary>A crash in the middle of a write: none of it, some of it, or all but the last entries.</summary>
    public void Tear(Ready ready, Dice dice)
    {
        if (dice.Hits(0.3))
            return;
        HardState = ready.HardState ?? HardState;
        if (dice.Hits(0.2))
            return;
        if (ready.CutFrom is { } cut)
            Entries.RemoveAll(e => e.Index >= cut);
        Store(ready.Snapshot);
        Entries.AddRange(ready.Entries.Take(dice.Next(ready.Entries.Count + 1)));
    }

    private void Store(Snapshot? snapshot)
    {
        if (snapshot is null)
            return;
        Snapshot = snapshot;
        Entries.RemoveAll(e => e.Index <= snapshot.Index);
    }
}
