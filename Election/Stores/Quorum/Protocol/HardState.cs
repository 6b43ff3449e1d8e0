namespace AspireElection.Stores.Quorum.Protocol;

/// <summary>What a peer must not forget, beside its log: it is on disk before any message that follows from it is sent.</summary>
/// <param name="Term">The latest term that the peer has seen.</param>
/// <param name="Vote">For whom it voted in that term, or null.</param>
/// <param name="Promised">The longest lease that may still run: after a start the peer gives no vote for so long.</param>
internal sealed record HardState(long Term, string? Vote, TimeSpan Promised);

/// <summary>What was found on disk at the start. Nothing at all means a new peer, which has promised nothing.</summary>
/// <param name="HardState">Null when none was stored.</param>
/// <param name="Snapshot">Null when none was stored.</param>
/// <param name="Entries">Without gaps; those that the snapshot stands for are ignored.</param>
internal sealed record RestoredState(HardState? HardState, Snapshot? Snapshot, IReadOnlyList<LogEntry> Entries)
{
    public static RestoredState Empty { get; } = new(null, null, []);

    /// <summary>
    /// What this peer had stored was damaged: it may have voted, promised, and answered for entries that it does not know
    /// of. A leader has to bring it up to date before its vote counts again.
    /// </summary>
    public bool Forgotten { get; init; }
}
