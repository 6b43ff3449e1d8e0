namespace AspireElection.Jobs;

/// <summary>How a run of a job ended that did not fail.</summary>
public sealed record JobOutcome
{
    private JobOutcome(string? skippedBecause) => SkippedBecause = skippedBecause;

    /// <summary>It did its work.</summary>
    public static JobOutcome Done { get; } = new((string?)null);

    /// <summary>Why there was nothing it could do, such as <c>no database</c>; null when it did its work.</summary>
    public string? SkippedBecause { get; }

    /// <summary>It could do nothing; a job that runs once is tried again by the next leader.</summary>
    public static JobOutcome Skipped(string because) => new(because);
}
