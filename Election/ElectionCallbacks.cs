namespace AspireElection;

/// <summary>
/// Called one after the other and in order, never on the election loop: a slow callback delays later callbacks, not
/// the election. What one throws is logged. They tell what happened; work that needs leadership belongs into jobs or
/// <see cref="ElectionOptions.WhileLeading"/>.
/// </summary>
public sealed class ElectionCallbacks
{
    /// <summary>This node became leader.</summary>
    public Action<Leadership>? BecameLeader { get; set; }

    /// <summary>This node's leadership ended.</summary>
    public Action<Leadership, LossReason>? LostLeadership { get; set; }

    /// <summary>
    /// This node follows another that leads: after its own leadership, or after nobody was known to lead. A change from one
    /// leader to the next without a gap is told by <see cref="NewLeader"/> alone. Never called for an observer.
    /// </summary>
    public Action<Leader>? BecameFollower { get; set; }

    /// <summary>
    /// Somebody became leader: another node, or this one. Once for each term, also where this node lost sight of it meanwhile.
    /// </summary>
    public Action<Leader>? NewLeader { get; set; }
}
