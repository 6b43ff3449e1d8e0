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

    /// <summary>Somebody became leader: another node, or this one.</summary>
    public Action<Leader>? NewLeader { get; set; }
}
