using System.Text;

namespace AspireElection.Stores.Quorum.Protocol;

/// <summary>
/// Who may stand and vote. An entry that adds one counts from when it is in the log, committed or not (thesis,
/// section 4.1), and no more when it is cut off.
/// </summary>
internal sealed class Eligibility
{
    private readonly List<(long Index, SortedSet<string> Peers)> _changes;

    public Eligibility(IEnumerable<string> initial) =>
        _changes = [(0, new SortedSet<string>(initial, StringComparer.Ordinal))];

    public IReadOnlyCollection<string> Current => _changes[^1].Peers;

    public int Majority => (Current.Count / 2) + 1;

    /// <summary>Index of the entry that made it so; 0 for the initial list.</summary>
    public long ChangedAt => _changes[^1].Index;

    public bool Has(string peer) => _changes[^1].Peers.Contains(peer);

    public IReadOnlyList<string> At(long index) => [.. _changes.FindLast(c => c.Index <= index).Peers];

    public void Appended(LogEntry entry)
    {
        if (entry.Kind == EntryKind.Eligible)
            _changes.Add((entry.Index, new SortedSet<string>(Current, StringComparer.Ordinal) { Encoding.UTF8.GetString(entry.Data) }));
    }

    public void CutFrom(long index)
    {
        while (_changes.Count > 1 && _changes[^1].Index >= index)
            _changes.RemoveAt(_changes.Count - 1);
    }

    /// <summary>A snapshot stands for all entries so far.</summary>
    public void StartOver(IEnumerable<string> eligible)
    {
        _changes.Clear();
        _changes.Add((0, new SortedSet<string>(eligible, StringComparer.Ordinal)));
    }

    /// <summary>What was before a snapshot cannot be cut off any more.</summary>
    public void Compact(long index)
    {
        while (_changes.Count > 1 && _changes[1].Index <= index)
            _changes.RemoveAt(0);
    }
}
