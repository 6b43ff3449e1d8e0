namespace AspireElection;

/// <summary>Who takes part in an election.</summary>
/// <remarks>
/// <list type="number">
/// <item>A member is a node <em>and</em> an incarnation: two processes of one name are two members.</item>
/// <item>Times are the store's; they are for people and for removing the silent, never for deciding who leads.</item>
/// <item>Members are listed by priority (highest first), then node id (ordinal), then incarnation.</item>
/// </list>
/// </remarks>
public interface IMembership
{
    /// <summary>
    /// Joins, or says that the member is still here, and answers with all members. Where they are many a store may tell those
    /// that rank low as they were some heartbeats ago; the best in rank, the leader and the asker are always told as they are.
    /// </summary>
    ValueTask<IReadOnlyList<Member>> HeartbeatAsync(Member self, CancellationToken cancellationToken);

    /// <summary>All members.</summary>
    ValueTask<IReadOnlyList<Member>> ListAsync(string election, CancellationToken cancellationToken);

    /// <summary>Leaves.</summary>
    ValueTask LeaveAsync(string election, CandidateId id, CancellationToken cancellationToken);

    /// <summary>Takes members off the list that were silent for longer than <paramref name="nodeTimeout"/>.</summary>
    /// <returns>How many were removed.</returns>
    ValueTask<int> RemoveStaleAsync(string election, TimeSpan nodeTimeout, CancellationToken cancellationToken);
}
