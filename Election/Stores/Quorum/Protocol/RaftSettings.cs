namespace AspireElection.Stores.Quorum.Protocol;

/// <summary>What one peer of a group is told at its start. All peers of a group have the same lists.</summary>
internal sealed record RaftSettings
{
    /// <summary>Id of this peer; one of <see cref="Peers"/>.</summary>
    public required string Self { get; init; }

    /// <summary>All peers, this one included. The list never changes.</summary>
    public required IReadOnlyList<string> Peers { get; init; }

    /// <summary>Who may stand and vote from the start; null means all.</summary>
    public IReadOnlyList<string>? InitialEligible { get; init; }

    /// <summary>The k-th in rank campaigns k slots after a vacancy: above the time of three round trips and two writes to disk.</summary>
    public TimeSpan Slot { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How long one campaign, or one hand-over, waits for answers.</summary>
    public TimeSpan CampaignTimeout { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>After what silence entries are sent to a follower again.</summary>
    public TimeSpan ResendPeriod { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Entries in one message, at most.</summary>
    public int MostEntries { get; init; } = 64;

    /// <summary>Bytes of entries in one message, at most; a single larger entry goes alone.</summary>
    public int MostBytes { get; init; } = 256 * 1024;

    /// <summary>Entries that wait for a majority, at most; further proposals are refused.</summary>
    public int MostUncommitted { get; init; } = 1024;
}
