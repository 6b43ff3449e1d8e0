namespace AspireElection.Stores.Quorum.Protocol;

/// <summary>
/// What the driver has to do, in the order of the members and before the next call: what was sent before it was
/// stored would be a vote or an entry that a crash takes back.
/// </summary>
internal sealed record Ready
{
    /// <summary>To be stored; null when unchanged.</summary>
    public HardState? HardState { get; init; }

    /// <summary>To be stored; entries up to its index may be removed then. Null when unchanged.</summary>
    public Snapshot? Snapshot { get; init; }

    /// <summary>The snapshot came from the leader: the state machine starts anew from its data, before <see cref="Committed"/>.</summary>
    public bool Restores { get; init; }

    /// <summary>
    /// All stored entries from this index on are removed and replaced by <see cref="Entries"/>; null when the log is
    /// unchanged.
    /// </summary>
    public long? CutFrom { get; init; }

    /// <summary>To be stored; the first has index <see cref="CutFrom"/>.</summary>
    public IReadOnlyList<LogEntry> Entries { get; init; } = [];

    /// <summary>To be sent once all of the above is on disk.</summary>
    public IReadOnlyList<RaftMessage> Messages { get; init; } = [];

    /// <summary>To be given to the state machine, in this order, once and no more (again after a restart).</summary>
    public IReadOnlyList<LogEntry> Committed { get; init; } = [];

    /// <summary>To be told, last.</summary>
    public IReadOnlyList<RaftEvent> Events { get; init; } = [];

    public bool MustStore => HardState is not null || Snapshot is not null || CutFrom is not null;
}
