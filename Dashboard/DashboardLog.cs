namespace AspireElection.Dashboard;

internal static partial class DashboardLog
{
    [LoggerMessage(1, LogLevel.Warning, "The store {Store} of election {Election} does not answer: {Trouble}")]
    public static partial void StoreIsAway(ILogger logger, string store, string election, string trouble);

    [LoggerMessage(2, LogLevel.Information, "The store {Store} of election {Election} answers again after {Seconds:0.0} s")]
    public static partial void StoreIsBack(ILogger logger, string store, string election, double seconds);

    [LoggerMessage(3, LogLevel.Error, "The page could not be rendered")]
    public static partial void RenderingFailed(ILogger logger, Exception exception);
}
