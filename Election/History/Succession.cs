namespace AspireElection.History;

/// <summary>What a node had seen of the seat when it was granted it, by its own clock alone.</summary>
internal sealed record Succession
{
    /// <summary>Who was last seen to lead; null when this node has seen nobody.</summary>
    public Leader? Previous { get; init; }

    /// <summary>True when the store showed that the last term was given back.</summary>
    public bool Released { get; init; }

    /// <summary>True when the store showed that it was not.</summary>
    public bool CutOff { get; init; }

    /// <summary>From the last sign of the one before to the end of its lease; null where that end was not seen.</summary>
    public TimeSpan? Silence { get; init; }

    /// <summary>Since the seat was seen free, or since its holder's end; null where neither was seen.</summary>
    public TimeSpan? Leaderless { get; init; }

    /// <summary>From the request that the store confirmed to now.</summary>
    public TimeSpan Granted { get; init; }

    /// <summary>When this node began to lead, as a timestamp.</summary>
    public long LeadsAt { get; init; }
}
