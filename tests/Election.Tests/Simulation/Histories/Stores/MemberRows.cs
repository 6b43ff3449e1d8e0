namespace AspireElection.Tests.Simulation.Histories;

/// <summary>The members that a server knows of. Part of its data.</summary>
internal sealed class MemberRows
{
    private readonly List<Member> _rows = [];

    public IReadOnlyList<Member> Beat(Member self, DateTimeOffset now)
    {
        var before = _rows.FindIndex(m => m.Id == self.Id);
        var joined = before < 0 ? now : _rows[before].Joined;
        if (before >= 0)
            _rows.RemoveAt(before);
        // Those whose process died are taken off after a while; here at once when they are many.
        _rows.RemoveAll(m => now - m.LastHeartbeat > TimeSpan.FromMinutes(5));
        _rows.Add(self with { Joined = joined, LastHeartbeat = now });
        return List();
    }

    public IReadOnlyList<Member> List() =>
        [.. _rows.OrderByDescending(m => m.Priority).ThenBy(m => m.Id.NodeId, StringComparer.Ordinal).ThenBy(m => m.Id.Incarnation, StringComparer.Ordinal)];

    public bool Remove(CandidateId id) => _rows.RemoveAll(m => m.Id == id) > 0;
}
