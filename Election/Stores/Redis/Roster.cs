namespace AspireElection.Stores.Redis;

/// <summary>
/// The members of one election as this process knows them. Up to <see cref="Head"/> each heartbeat is answered with all of
/// them. Where they are more it is answered with the first in rank, the leader and the asker, which is all that decides
/// anything; the others are as they were when all were last asked for, at most one heartbeat in (members / <see cref="Head"/>)
/// ago: so each node is sent about twice <see cref="Head"/> rows a heartbeat however many there are.
/// </summary>
/// <remarks>Shared by all candidates of the process in the election.</remarks>
internal sealed class Roster
{
    /// <summary>How many members a heartbeat is answered with.</summary>
    public const int Head = 128;

    private readonly Lock _gate = new();
    private Dictionary<CandidateId, Member> _rows = [];
    private int _count;
    private int _saved;
    private bool _asking;

    /// <summary>Whether the heartbeat that is sent now should ask for all; <see cref="WasAsked"/> follows where it does.</summary>
    public bool WantsAll()
    {
        lock (_gate)
        {
            _saved += Head;
            if (_asking || _saved < _count)
                return false;
            _saved = 0;
            return _asking = true;
        }
    }

    /// <summary>All were asked for, whether or not the answer came.</summary>
    public void WasAsked()
    {
        lock (_gate)
            _asking = false;
    }

    /// <summary>Somebody was taken off the list, perhaps one who is not among the first.</summary>
    public void IsOld()
    {
        lock (_gate)
            _saved = _count;
    }

    public void Left(CandidateId id)
    {
        lock (_gate)
            _rows.Remove(id);
    }

    /// <summary>Keeps what a heartbeat was answered with; all members as far as they are known.</summary>
    public IReadOnlyList<Member> Hear(IEnumerable<Member> rows, int count, bool isComplete)
    {
        lock (_gate)
        {
            _count = count;
            var known = isComplete ? new Dictionary<CandidateId, Member>(count) : _rows;
            foreach (var row in rows)
            {
                // Answers to several candidates of this process may come in any order.
                known[row.Id] = _rows.TryGetValue(row.Id, out var before) && before.LastHeartbeat > row.LastHeartbeat ? before : row;
            }

            _rows = known;
            return Sorted(known.Values);
        }
    }

    public static List<Member> Sorted(IEnumerable<Member> members) =>
    [
        .. members
            .OrderByDescending(m => m.Priority)
            .ThenBy(m => m.Id.NodeId, StringComparer.Ordinal)
            .ThenBy(m => m.Id.Incarnation, StringComparer.Ordinal),
    ];
}
