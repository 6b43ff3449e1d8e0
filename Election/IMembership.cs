namespace AspireElection;

/// <summary>Who takes part in an election.</summary>
/// <remarks>
/// <list type="number">
/// <item>A member is a node <em>and</em> an incarnation: two processes of one name are two members.</item>
/// <item>Times are the store's; they are for people and for removing the silent, never for deciding who leads.</item>
/// <item>Members are listed by priority (highest first), then node id (ordinal), then incarnation.</item>
/// </list>
/// A call that is cancelled ends with an <see cref="OperationCanceledException"/>; it may have had its effect then.
/// </remarks>
public interface IMembership
{
    /// <summary>
    /// Joins, or says that the member is still here, and answers with all members. Where they are many a store may tell those
    /// that rank low as they were some heartbeats ago; the best in rank, the leader and the asker are always told as they are.
    /// </summary>
    /// <param name="self">Who it is, and what it says of itself.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="StoreUnavailableException">The store was not reached or refused; the others may have heard of it nevertheless.</exception>
    ValueTask<IReadOnlyList<Member>> HeartbeatAsync(Member self, CancellationToken cancellationToken);

    /// <summary>All members, without joining them.</summary>
    /// <exception cref="StoreUnavailableException">The store was not reached or refused.</exception>
    ValueTask<IReadOnlyList<Member>> ListAsync(string election, CancellationToken cancellationToken);

    /// <summary>Leaves; of no effect for who is no member.</summary>
    /// <exception cref="StoreUnavailableException">The store was not reached or refused; whether it has left is not known.</exception>
    ValueTask LeaveAsync(string election, CandidateId id, CancellationToken cancellationToken);

    /// <summary>Takes members off the list that were silent for longer than <paramref name="nodeTimeout"/>.</summary>
    /// <param name="election">The election's name.</param>
    /// <param name="nodeTimeout">Longer than the period of heartbeats, or living members are taken off until their next one.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="StoreUnavailableException">The store was not reached or refused; some may have been taken off.</exception>
    /// <returns>How many were removed.</returns>
    ValueTask<int> RemoveStaleAsync(string election, TimeSpan nodeTimeout, CancellationToken cancellationToken);
}
