namespace AspireElection.Stores.Quorum.Protocol;

/// <summary>Stands for all entries up to <paramref name="Index"/>, which are committed (Raft paper, section 7).</summary>
/// <param name="Index">The last entry that it stands for.</param>
/// <param name="Term">That entry's term.</param>
/// <param name="Eligible">Who may stand and vote as of that entry.</param>
/// <param name="Data">The state machine of the driver after that entry.</param>
internal sealed record Snapshot(long Index, long Term, IReadOnlyList<string> Eligible, byte[] Data);
