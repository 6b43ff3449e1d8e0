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

    /// <summary>Whether nobody asks, and the last answer told all members.</summary>
    public bool IsNeedless
    {
        get
        {
            lock (_gate)
                return !_asking && _count <= Head;
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

    /// <summary>A heartbeat was answered with all members.</summary>
    public IReadOnlyList<Member> Hear(IReadOnlyList<Member> rows, int count)
    {
        lock (_gate)
            return Keep(rows, count, new Dictionary<CandidateId, Member>(count));
    }

    /// <summary>A heartbeat was answered with some; all members as far as they are known.</summary>
    /// <param name="rows">The first in rank, in their order, and then others.</param>
    /// <param name="count">How many members there are.</param>
    /// <param name="first">How many of the rows are the first in rank.</param>
    /// <param name="areAll">Whether nobody else has a rank.</param>
    public IReadOnlyList<Member> HearFirst(IReadOnlyList<Member> rows, int count, int first, bool areAll)
    {
        lock (_gate)
        {
            // Who ranks among them and is not there has left: a leader would make way for it.
            var here = rows.Select(r => r.Id).ToHashSet();
            var last = first > 0 ? rows[first - 1] : null;
            foreach (var row in _rows.Values.Where(r => r.Role != Role.Observer && !here.Contains(r.Id)).ToList())
            {
                if (areAll || (last is not null && RanksBefore(row, last)))
                    _rows.Remove(row.Id);
            }

            return Keep(rows, count, _rows);
        }
    }

    public static Member[] Sorted(IEnumerable<Member> members) =>
    [
        .. members
            .OrderByDescending(m => m.Priority)
            .ThenBy(m => m.Id.NodeId, StringComparer.Ordinal)
            .ThenBy(m => m.Id.Incarnation, StringComparer.Ordinal),
    ];

    private Member[] Keep(IReadOnlyList<Member> rows, int count, Dictionary<CandidateId, Member> known)
    {
        _count = count;
        foreach (var row in rows)
            known[row.Id] = _rows.TryGetValue(row.Id, out var before) && IsOvertaken(row, before) ? before : row;
        _rows = known;
        return Sorted(known.Values);
    }

    /// <summary>
    /// Answers to several candidates of this process may come in any order; what is older than any answer can be late is
    /// of a server whose clock was set back.
    /// </summary>
    private static bool IsOvertaken(Member row, Member before) =>
        before.LastHeartbeat > row.LastHeartbeat && before.LastHeartbeat - row.LastHeartbeat < RedisCalls.LongestWait;

    private static bool RanksBefore(Member row, Member last) =>
        row.Priority > last.Priority || (row.Priority == last.Priority && string.CompareOrdinal($"{row.Id}", $"{last.Id}") < 0);
}
