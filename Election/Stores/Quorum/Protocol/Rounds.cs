namespace AspireElection.Stores.Quorum.Protocol;

/// <summary>One heartbeat round: who confirmed exactly this one.</summary>
internal sealed class Round(long number, TimeSpan sentAt, TimeSpan lease)
{
    public long Number => number;

    public TimeSpan SentAt => sentAt;

    public TimeSpan Lease => lease;

    public HashSet<string> Confirmed { get; } = [];
}

/// <summary>
/// The heartbeat rounds that no majority has confirmed yet. A confirmation counts for its own round only: what was
/// promised to a later, shorter one says nothing about an earlier one.
/// </summary>
internal sealed class Rounds
{
    private const int MostOpen = 16;

    private readonly List<Round> _open = [];
    private long _last;

    public Round Open(TimeSpan now, TimeSpan lease)
    {
        if (_open.Count == MostOpen)
            _open.RemoveAt(0);
        var round = new Round(++_last, now, lease);
        _open.Add(round);
        return round;
    }

    /// <summary>Counts a confirmation; null for a round that is settled or forgotten.</summary>
    public Round? Confirm(long number, string from)
    {
        var round = _open.Find(r => r.Number == number);
        round?.Confirmed.Add(from);
        return round;
    }

    public void Settle(Round round) => _open.Remove(round);

    public void Clear() => _open.Clear();
}
