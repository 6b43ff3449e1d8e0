namespace AspireElection.Dashboard.Timeline;

/// <summary>What is known of a piece of an election's past.</summary>
public enum StretchKind
{
    /// <summary>Nobody wrote down who led.</summary>
    Unknown,

    /// <summary>One node led, in one term.</summary>
    Led,

    /// <summary>Nobody led.</summary>
    Leaderless,
}

/// <summary>A piece of an election's past in which one thing was so.</summary>
/// <param name="Kind">What was so.</param>
/// <param name="From">When it began.</param>
/// <param name="To">When it ended, or how far it is known.</param>
public sealed record Stretch(StretchKind Kind, DateTimeOffset From, DateTimeOffset To)
{
    /// <summary>Who led; where it is not known how long, who led at the beginning.</summary>
    public string? Node { get; init; }

    /// <summary>The term of <see cref="Node"/>; 0 without one.</summary>
    public long Term { get; init; }

    /// <summary>Why it is not known, or why nobody led; for people.</summary>
    public string Why { get; init; } = "";

    public TimeSpan Length => To - From;
}
