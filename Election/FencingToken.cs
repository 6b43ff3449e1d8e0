namespace AspireElection;

/// <summary>The rule by which every store numbers its terms.</summary>
public static class FencingToken
{
    /// <summary>
    /// The largest token: numbers below 2^53 survive every double on their way (Lua in Redis, JSON in a browser).
    /// </summary>
    public const long Max = (1L << 53) - 1;

    /// <summary>A clock that says more (the year 2100) is wrong; one such token would leave too few above it for ever.</summary>
    private const long LatestClock = 4_102_444_800_000_000;

    /// <summary>
    /// The next token: above the stored one, above the highest that the candidate has seen, and not below the
    /// server's time in microseconds, so that tokens go on growing over a store that lost its data.
    /// </summary>
    /// <param name="stored">The store's last token, 0 when it knows none.</param>
    /// <param name="seen">The highest token that the candidate has seen, 0 when none.</param>
    /// <param name="microseconds">The time of the store's server, in µs since 1970; ignored after the year 2100.</param>
    /// <returns>At least 1, where none of the three is below 0. That it is at most <see cref="Max"/> is not looked at.</returns>
    public static long Next(long stored, long seen, long microseconds) =>
        Math.Max(Math.Max(stored, seen) + 1, microseconds > LatestClock ? 0 : microseconds);
}
