using AspireElection.Timing;

namespace AspireElection.Stores.InProcess;

/// <summary>The members of one election.</summary>
internal sealed class MemberList(TimeProvider clock)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<CandidateId, (Member Member, long HeardAt)> _members = [];

    public IReadOnlyList<Member> Heartbeat(Member self)
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            var joined = _members.TryGetValue(self.Id, out var known) ? known.Member.Joined : now;
            _members[self.Id] = (self with { Joined = joined, LastHeartbeat = now }, clock.GetTimestamp());
        }

        return List();
    }

    public IReadOnlyList<Member> List()
    {
        lock (_gate)
        {
            return [.. _members.Values.Select(m => m.Member)
                .OrderByDescending(m => m.Priority)
                .ThenBy(m => m.Id.NodeId, StringComparer.Ordinal)
                .ThenBy(m => m.Id.Incarnation, StringComparer.Ordinal)];
        }
    }

    public void Leave(CandidateId id)
    {
        lock (_gate)
            _members.Remove(id);
    }

    public int RemoveStale(TimeSpan nodeTimeout)
    {
        lock (_gate)
        {
            var oldest = clock.GetTimestamp() - nodeTimeout.ToTicksOf(clock);
            var stale = _members.Where(m => m.Value.HeardAt < oldest).Select(m => m.Key).ToList();
            foreach (var id in stale)
                _members.Remove(id);
            return stale.Count;
        }
    }
}
