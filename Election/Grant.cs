namespace AspireElection;

/// <summary>A store's answer to a campaign: the term, and the instant from which trust in it is counted.</summary>
/// <param name="Term">The term that was granted.</param>
/// <param name="AnchoredAt">
/// Timestamp of the store's <see cref="TimeProvider"/> at which the request was <em>sent</em> that the store
/// confirmed; after a wait in line, the first request sent after the grant. A slow success does not stretch trust.
/// </param>
public sealed record Grant(Term Term, long AnchoredAt)
{
    /// <summary>
    /// Whether the term before was given back rather than cut off; for people. Null where there was none, or where the
    /// store tells it to observers alone.
    /// </summary>
    public bool? GivenBack { get; init; }

    /// <summary>
    /// Called when the term will be given back in a moment, where the store can prepare for that: it never blocks, and no
    /// release need follow.
    /// </summary>
    internal Action? ReleaseNears { get; init; }
}
