using System.Text;
using AspireElection.Stores.Quorum.Protocol;

namespace AspireElection.Tests.Stores.Quorum.Histories;

/// <summary>What the driver keeps above the log: a state that depends on every entry, writes, reads and snapshots.</summary>
internal sealed class RaftMachine(RaftHistory history, RaftNode node)
{
    private readonly Dictionary<long, long> _writes = [];
    private readonly Dictionary<long, (long AtLeast, long ReadIndex)> _reads = [];
    private long _written;
    private int _since;

    public long Applied { get; private set; }

    /// <summary>Over all entries so far.</summary>
    public ulong State { get; private set; } = 1;

    public void Restart(Snapshot? snapshot)
    {
        Applied = snapshot?.Index ?? 0;
        State = snapshot is null ? 1 : BitConverter.ToUInt64(snapshot.Data);
        if (snapshot is not null)
            history.Check.Restored(node, Applied, State);
    }

    public void Apply(LogEntry entry)
    {
        if (entry.Index != Applied + 1)
            throw new RaftFailure("AppliedInOrder", $"{node.Plan.Id} is given {entry.Index} after {Applied}");
        Applied = entry.Index;
        State = (State ^ (ulong)entry.Term ^ ((ulong)entry.Kind << 60)) * 1099511628211;
        foreach (var octet in entry.Data)
            State = (State ^ octet) * 1099511628211;
        _since++;
        history.Check.Applied(node, entry, State);
        if (_writes.Remove(entry.Index, out var term) && term == entry.Term)
            history.Check.Acknowledged(entry);
    }

    public void Write(TimeSpan now)
    {
        // Whether it is still trusted in or not: a leader that is deposed must not be able to do harm by this.
        if (!node.Raft.Leads)
            return;
        var proposal = node.Raft.Propose(now, node.Raft.Term, Encoding.UTF8.GetBytes($"{node.Plan.Id}{++_written}"));
        if (proposal.Taken)
            _writes[proposal.Index] = node.Raft.Term;
        // A read begins: everything acknowledged before must be in what it sees.
        var round = node.Raft.Beat(now, node.Raft.Term, TimeSpan.Zero);
        if (round != 0)
            _reads[round] = (history.Check.LastAcknowledged, node.Raft.Commit);
    }

    public void Hear(RaftEvent happened)
    {
        if (happened is Lost)
            _reads.Clear();
        if (happened is RoundConfirmed round && _reads.Remove(round.Round, out var read))
            history.Check.Read(node, read.AtLeast, read.ReadIndex);
    }

    public void CompactIfDue()
    {
        if (_since < history.Plan.CompactEvery)
            return;
        _since = 0;
        node.Raft.Compact(Applied, BitConverter.GetBytes(State));
    }
}
