namespace AspireElection.Dashboard.Watching;

/// <summary>The store does not answer.</summary>
/// <param name="Since">When it last answered; when the dashboard started, if it never did.</param>
/// <param name="Text">What is wrong, in one line for people.</param>
public sealed record StoreTrouble(DateTimeOffset Since, string Text)
{
    private const int LongestText = 300;

    /// <summary>
    /// Only the store's own words are shown: what a client library says may contain its connection string.
    /// </summary>
    public static string Describe(string store, Exception exception) => exception switch
    {
        StoreUnavailableException => Shorten(exception.Message.ReplaceLineEndings(" ")),
        TimeoutException or OperationCanceledException => $"{store} did not answer in time.",
        _ => $"{store} failed with {exception.GetType().Name}.",
    };

    private static string Shorten(string text) => text.Length <= LongestText ? text : text[..LongestText] + "…";
}
