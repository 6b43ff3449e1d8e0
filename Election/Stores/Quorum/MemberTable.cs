using AspireElection.Stores.Quorum.Wire;
using AspireElection.Timing;

namespace AspireElection.Stores.Quorum;

/// <summary>What a member last said of itself, or that it left.</summary>
/// <param name="Member">As it said, with its times by its own peer's clock.</param>
/// <param name="Gone">It left or was removed; a later heartbeat brings it back.</param>
internal sealed record MemberRow(Member Member, bool Gone)
{
    public void Write(BinaryWriter writer)
    {
        writer.Write(Member.Id);
        writer.Write((byte)Member.Role);
        writer.Write(Member.Priority);
        writer.WriteOptional(Member.Address);
        writer.Write(Member.Term);
        writer.Write(Member.Joined.UtcTicks);
        writer.Write(Member.LastHeartbeat.UtcTicks);
        writer.Write(Gone);
    }

    public static MemberRow Read(BinaryReader reader, string election) => new(
        new Member(
            election,
            reader.ReadCandidate(),
            (Role)reader.ReadByte(),
            reader.ReadInt32(),
            reader.ReadOptional(),
            reader.ReadInt64(),
            new DateTimeOffset(reader.ReadInt64(), TimeSpan.Zero),
            new DateTimeOffset(reader.ReadInt64(), TimeSpan.Zero)),
        reader.ReadBoolean());
}

/// <summary>
/// The members of one election as one peer knows them. Peers tell each other their tables; of two rows of one member the
/// one with the later heartbeat counts, and of equals the one that says that it is gone.
/// </summary>
internal sealed class MemberTable(string election, TimeProvider clock)
{
    /// <summary>More than that are no nodes but a mistake; the rest is not listed.</summary>
    private const int Most = 10_000;

    /// <summary>How long it is remembered that a member is gone; by then every peer that lives has been told.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Who is gone and not known here is only taken up while it was heard of lately. Else peers whose memories end one
    /// after the other would remind each other of it for ever.
    /// </summary>
    private static readonly TimeSpan Heard = Remembered * 2;

    private readonly Lock _gate = new();
    private readonly Dictionary<CandidateId, (MemberRow Row, long HeardAt)> _rows = [];

    /// <summary>A member of this peer's own process says that it is here.</summary>
    public void Beat(Member self)
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            var known = _rows.TryGetValue(self.Id, out var before) ? before.Row : null;
            // Also on a clock that was set back: what is told later has to count.
            var at = known is not null && known.Member.LastHeartbeat >= now ? known.Member.LastHeartbeat.AddTicks(10) : now;
            Put(new MemberRow(self with { Joined = known is { Gone: false } ? known.Member.Joined : at, LastHeartbeat = at }, Gone: false));
        }
    }

    public void Leave(CandidateId id)
    {
        lock (_gate)
        {
            if (_rows.TryGetValue(id, out var known))
                Put(known.Row with { Gone = true });
        }
    }

    public int RemoveStale(TimeSpan nodeTimeout)
    {
        lock (_gate)
        {
            var oldest = clock.GetTimestamp() - nodeTimeout.ToTicksOf(clock);
            var stale = _rows.Values.Where(r => !r.Row.Gone && r.HeardAt < oldest).Select(r => r.Row).ToList();
            foreach (var row in stale)
                Put(row with { Gone = true });
            return stale.Count;
        }
    }

    public void Merge(IEnumerable<MemberRow> rows)
    {
        lock (_gate)
        {
            foreach (var row in rows)
            {
                if (!_rows.TryGetValue(row.Member.Id, out var known)
                    ? !row.Gone || (clock.GetUtcNow() - row.Member.LastHeartbeat).Duration() < Heard
                    : row.Member.LastHeartbeat > known.Row.Member.LastHeartbeat ||
                    (row.Member.LastHeartbeat == known.Row.Member.LastHeartbeat && row.Gone && !known.Row.Gone))
                {
                    Put(row);
                }
            }
        }
    }

    /// <summary>All rows, those of members that are gone included.</summary>
    public IReadOnlyList<MemberRow> Rows()
    {
        lock (_gate)
        {
            var forgotten = clock.GetTimestamp() - Remembered.ToTicksOf(clock);
            foreach (var id in _rows.Where(r => r.Value.Row.Gone && r.Value.HeardAt < forgotten).Select(r => r.Key).ToList())
                _rows.Remove(id);
            return [.. _rows.Values.Select(r => r.Row)];
        }
    }

    public IReadOnlyList<Member> List()
    {
        lock (_gate)
        {
            return [.. _rows.Values.Where(r => !r.Row.Gone).Select(r => r.Row.Member)
                .OrderByDescending(m => m.Priority)
                .ThenBy(m => m.Id.NodeId, StringComparer.Ordinal)
                .ThenBy(m => m.Id.Incarnation, StringComparer.Ordinal)];
        }
    }

    public byte[] ToBytes() => Bytes.Write(w => w.WriteList(Rows(), row => row.Write(w)));

    public IReadOnlyList<MemberRow>? Parse(ReadOnlyMemory<byte> bytes) =>
        Bytes.TryRead(bytes, r => r.ReadList(() => MemberRow.Read(r, election)));

    private void Put(MemberRow row)
    {
        if (_rows.Count < Most || _rows.ContainsKey(row.Member.Id))
            _rows[row.Member.Id] = (row, clock.GetTimestamp());
    }
}
