using AspireElection.Stores.Quorum.Protocol;

namespace AspireElection.Tests.Stores.Quorum.Histories;

/// <summary>The properties of figure 3 of the paper, and what a lease adds to them.</summary>
internal sealed class RaftCheckers(RaftHistory history)
{
    private readonly Dictionary<long, int> _leaders = [];
    private readonly Dictionary<(long Index, long Term), (long PreviousTerm, EntryKind Kind, byte[] Data)> _entries = [];
    private readonly Dictionary<long, (long Term, long CommittedIn, ulong State)> _committed = [];
    private long _lastCommitted;
    private long _lastTrusted;
    private long _trustedSince;
    private int _trusted = -1;
    private long _vacantSince;

    /// <summary>Several campaigns that came to nothing; a lease of a calm history is thirty times that.</summary>
    private const long MostVacant = 2_000 * RaftPlan.Ms;

    public long LastAcknowledged { get; private set; }

    public int Reigns { get; private set; }

    public long Commits => _lastCommitted;

    public int Reads { get; private set; }

    /// <summary>In a calm history.</summary>
    public long LongestVacancy { get; private set; }

    /// <summary>When the last leader was seated.</summary>
    public long SettledAt => _trustedSince;

    /// <summary>Election safety: at most one leader in a term.</summary>
    public void Changed(RaftNode node)
    {
        if (node.Raft.Role == RaftRole.Leader && !_leaders.TryAdd(node.Raft.Term, node.Index) && _leaders[node.Raft.Term] != node.Index)
            throw new RaftFailure("ElectionSafety", $"{Id(_leaders[node.Raft.Term])} and {node.Plan.Id} lead term {node.Raft.Term}");
    }

    public void Stored(RaftNode node, Ready ready)
    {
        MatchLogs(node, ready);
        if (ready.Entries is [.., { Kind: EntryKind.Leader } first] && first.Term == node.Raft.Term && node.Raft.Role == RaftRole.Leader)
            HasAllCommitted(node, first.Term);
    }

    /// <summary>State machine safety: nobody applies another entry at an index.</summary>
    public void Applied(RaftNode node, LogEntry entry, ulong state)
    {
        if (!_committed.TryAdd(entry.Index, (entry.Term, node.Raft.Term, state)))
            Agree(node, entry.Index, state);
        _lastCommitted = Math.Max(_lastCommitted, entry.Index);
    }

    public void Restored(RaftNode node, long index, ulong state) => Agree(node, index, state);

    public void Acknowledged(LogEntry entry) => LastAcknowledged = Math.Max(LastAcknowledged, entry.Index);

    /// <summary>A read sees all that was acknowledged before it began.</summary>
    public void Read(RaftNode node, long atLeast, long readIndex)
    {
        Reads++;
        if (readIndex < atLeast)
            throw new RaftFailure("StaleRead", $"{node.Plan.Id} reads at {readIndex}, {atLeast} was acknowledged before");
    }

    /// <summary>Lease safety, in true time: nobody begins to trust while another does.</summary>
    public void Trusted(RaftNode node, long term)
    {
        foreach (var other in history.Nodes)
        {
            if (other != node && other.Trusts)
                throw new RaftFailure("LeaseSafety", $"{node.Plan.Id} leads in {term} while {other.Plan.Id} trusts in {other.Seat.Term} for another {(other.Seat.TrueTrustEnd - history.Now) / 1e4:0.0} ms");
        }

        if (term <= _lastTrusted)
            throw new RaftFailure("TokensGrow", $"{node.Plan.Id} leads with {term} after {_lastTrusted}");
        _lastTrusted = term;
        _trusted = node.Index;
        _trustedSince = history.Now;
        Reigns++;
    }

    /// <summary>Who gave a term back is never told that it was renewed.</summary>
    public static void Told(RaftNode node, RaftEvent happened, long released)
    {
        if (happened is RoundConfirmed round && round.Term <= released)
            throw new RaftFailure("ReleasedTerm", $"{node.Plan.Id} is told that {round.Term} was renewed, which it gave back");
    }

    /// <summary>Where little goes wrong a seat that somebody stands for is taken without waiting for a lease.</summary>
    public void Vacant()
    {
        if (history.Nodes.Any(n => n.Trusts) || !history.Nodes.Any(n => n.IsUp && n.Seat.Stands && n.Raft.IsEligible))
        {
            _vacantSince = history.Now;
            return;
        }

        LongestVacancy = Math.Max(LongestVacancy, history.Now - _vacantSince);
        if (LongestVacancy > MostVacant)
            throw new RaftFailure("Vacancy", $"nobody leads since {_vacantSince / 1e4:0.0} ms although somebody stands");
    }

    public void Finish()
    {
        var leaders = history.Nodes.Where(n => n.Trusts).ToArray();
        var standing = history.Nodes.Where(n => n.Seat.Wants && (n.Raft.IsEligible || n.Trusts)).ToArray();
        if (standing.Length == 0)
            return;
        if (leaders.Length != 1)
            throw new RaftFailure("Liveness", $"{leaders.Length} lead at the end");
        var leader = leaders[0];
        // No lease has run out there, and nobody makes way for a better one before.
        if (history.Plan.IsCalm)
            return;
        if (standing.Any(n => n.Seat.Priority > leader.Seat.Priority))
            throw new RaftFailure("Liveness", $"{leader.Plan.Id} leads at the end, a better one waits");
        if (_trusted != leader.Index || history.Now - _trustedSince < 1500 * RaftPlan.Ms)
            throw new RaftFailure("Liveness", $"{leader.Plan.Id} leads only since {(history.Now - _trustedSince) / 1e4:0.0} ms");
        foreach (var node in history.Nodes)
        {
            // The last write may be under way.
            if (node.Machine.Applied < _lastCommitted - 30)
                throw new RaftFailure("Liveness", $"{node.Plan.Id} has applied {node.Machine.Applied} of {_lastCommitted}");
        }

        HasAllCommitted(leader, long.MaxValue);
    }

    /// <summary>Log matching: an entry is the same in all logs, and so is the one before it, and hence all before it.</summary>
    private void MatchLogs(RaftNode node, Ready ready)
    {
        var previous = ready.CutFrom is { } cut ? node.Disk.TermAt(cut - 1) : null;
        foreach (var entry in ready.Entries)
        {
            if (previous is not { } before)
                throw new RaftFailure("LogMatching", $"{node.Plan.Id} stores {entry.Index} without the entry before it");
            if (before > entry.Term)
                throw new RaftFailure("LogMatching", $"{node.Plan.Id} stores {entry.Index} of term {entry.Term} behind one of term {before}");
            var (seenBefore, kind, data) = _entries.TryGetValue((entry.Index, entry.Term), out var known)
                ? known
                : _entries[(entry.Index, entry.Term)] = (before, entry.Kind, entry.Data);
            if (seenBefore != before || kind != entry.Kind || !data.AsSpan().SequenceEqual(entry.Data))
                throw new RaftFailure("LogMatching", $"{node.Plan.Id} stores another entry {entry.Index} of term {entry.Term} than was seen before");
            previous = entry.Term;
        }
    }

    /// <summary>
    /// Leader completeness: the log of a leader holds all that was committed in earlier terms. An entry of an earlier
    /// term may have been committed in a later one, while this leader won in between and stood still.
    /// </summary>
    private void HasAllCommitted(RaftNode node, long leads)
    {
        for (var index = (node.Disk.Snapshot?.Index ?? 0) + 1; index <= _lastCommitted; index++)
        {
            if (_committed.TryGetValue(index, out var entry) && entry.CommittedIn < leads && node.Disk.TermAt(index) != entry.Term)
                throw new RaftFailure("LeaderCompleteness", $"{node.Plan.Id} leads {leads} without entry {index} of term {entry.Term}, which is committed");
        }
    }

    private void Agree(RaftNode node, long index, ulong state)
    {
        if (_committed.TryGetValue(index, out var known) && known.State != state)
            throw new RaftFailure("StateMachineSafety", $"{node.Plan.Id} has another state at {index} than was applied before");
    }

    private string Id(int node) => history.Plan.Nodes[node].Id;
}
