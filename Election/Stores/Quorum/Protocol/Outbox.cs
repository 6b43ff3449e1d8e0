namespace AspireElection.Stores.Quorum.Protocol;

/// <summary>Collects what the driver has to do next.</summary>
internal sealed class Outbox
{
    private List<LogEntry> _committed = [];
    private HardState? _stored;
    private Snapshot? _snapshot;
    private bool _restores;

    public List<RaftMessage> Messages { get; private set; } = [];

    public List<RaftEvent> Events { get; private set; } = [];

    /// <summary>The last committed entry, or snapshot, that the driver was given.</summary>
    public long AppliedTo { get; private set; }

    /// <summary>What the driver has on disk at the start, or has in its own snapshot.</summary>
    public void StartAt(long applied, HardState? stored)
    {
        AppliedTo = applied;
        _stored = stored;
    }

    public void Store(Snapshot snapshot) => _snapshot = snapshot;

    public void Restore(Snapshot snapshot)
    {
        _snapshot = snapshot;
        _restores = true;
        _committed = [];
        AppliedTo = snapshot.Index;
    }

    public Ready? Take(RaftLog log, long commit, HardState hard)
    {
        for (; AppliedTo < commit; AppliedTo++)
            _committed.Add(log[AppliedTo + 1]);
        // A new peer has nothing to keep: no file for an election that nobody stands in.
        var changed = _stored is null ? hard != new HardState(0, null, TimeSpan.Zero) : hard != _stored;
        var cut = log.CutFrom;
        if (!changed && _snapshot is null && cut is null && Messages.Count + _committed.Count + Events.Count == 0)
            return null;
        var ready = new Ready
        {
            HardState = changed ? hard : null,
            Snapshot = _snapshot,
            Restores = _restores,
            CutFrom = cut,
            Entries = cut is { } from ? log.From(from) : [],
            Messages = Messages,
            Committed = _committed,
            Events = Events,
        };
        _stored = changed ? hard : _stored;
        _snapshot = null;
        _restores = false;
        Messages = [];
        _committed = [];
        Events = [];
        log.Stored();
        return ready;
    }
}
