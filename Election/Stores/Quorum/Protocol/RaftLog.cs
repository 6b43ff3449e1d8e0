namespace AspireElection.Stores.Quorum.Protocol;

/// <summary>The entries after the snapshot, and which of them are not stored yet.</summary>
internal sealed class RaftLog
{
    private readonly List<LogEntry> _entries = [];

    public RaftLog(Snapshot? snapshot, IReadOnlyList<LogEntry> stored)
    {
        Snapshot = snapshot;
        foreach (var entry in stored)
        {
            if (entry.Index <= SnapshotIndex)
                continue;
            // A crash between a snapshot of the leader and the removal of entries that it does not continue.
            if (entry.Index != LastIndex + 1 || entry.Term < LastTerm)
                break;
            _entries.Add(entry);
        }
    }

    public Snapshot? Snapshot { get; private set; }

    public long SnapshotIndex => Snapshot?.Index ?? 0;

    public long FirstIndex => SnapshotIndex + 1;

    public long LastIndex => SnapshotIndex + _entries.Count;

    public long LastTerm => _entries.Count > 0 ? _entries[^1].Term : Snapshot?.Term ?? 0;

    /// <summary>From where on the stored log is to be replaced; null when it is as here.</summary>
    public long? CutFrom { get; private set; }

    /// <summary>The term of an entry; null for one that is not here, or is behind the snapshot.</summary>
    public long? TermAt(long index)
    {
        if (index == SnapshotIndex)
            return Snapshot?.Term ?? 0;
        return index > SnapshotIndex && index <= LastIndex ? this[index].Term : null;
    }

    public LogEntry this[long index] => _entries[checked((int)(index - FirstIndex))];

    /// <summary>The check before a vote: the candidate has all that may be committed (paper, section 5.4.1).</summary>
    public bool IsUpToDate(long lastIndex, long lastTerm) =>
        lastTerm > LastTerm || (lastTerm == LastTerm && lastIndex >= LastIndex);

    public IReadOnlyList<LogEntry> From(long index) => From(index, int.MaxValue, int.MaxValue);

    /// <summary>Entries from an index on, within both limits but for the first.</summary>
    public IReadOnlyList<LogEntry> From(long index, int mostEntries, int mostBytes)
    {
        var entries = new List<LogEntry>();
        var bytes = 0L;
        for (var i = index; i <= LastIndex && entries.Count < mostEntries; i++)
        {
            bytes += this[i].Data.Length;
            if (bytes > mostBytes && entries.Count > 0)
                break;
            entries.Add(this[i]);
        }

        return entries;
    }

    public void Add(LogEntry entry)
    {
        _entries.Add(entry);
        CutFrom = CutFrom is { } cut && cut < entry.Index ? cut : entry.Index;
    }

    /// <summary>Removes what conflicts with the leader's log, and all after it.</summary>
    public void Cut(long from)
    {
        _entries.RemoveRange(checked((int)(from - FirstIndex)), checked((int)(LastIndex - from + 1)));
        CutFrom = CutFrom is { } cut && cut < from ? cut : from;
    }

    /// <summary>The snapshot takes the place of the entries up to its index; those after it stay where they continue it.</summary>
    public void StartFrom(Snapshot snapshot)
    {
        var continues = TermAt(snapshot.Index) == snapshot.Term;
        var stay = continues ? [.. From(snapshot.Index + 1)] : Array.Empty<LogEntry>();
        _entries.Clear();
        _entries.AddRange(stay);
        Snapshot = snapshot;
        CutFrom = snapshot.Index + 1;
    }

    /// <summary>Forgets entries that the driver's own snapshot stands for.</summary>
    public void Compact(Snapshot snapshot)
    {
        _entries.RemoveRange(0, checked((int)(snapshot.Index - SnapshotIndex)));
        Snapshot = snapshot;
        if (CutFrom <= snapshot.Index)
            CutFrom = snapshot.Index + 1;
    }

    /// <summary>The driver was told to store all.</summary>
    public void Stored() => CutFrom = null;
}
