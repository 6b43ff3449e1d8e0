using Microsoft.Extensions.Logging;

namespace AspireElection.Telemetry;

/// <summary>Every log line of the core: transitions at Information, renewals at Debug, trouble at Warning.</summary>
internal static partial class ElectionLog
{
    [LoggerMessage(1, LogLevel.Information, "{Node} became leader of election '{Election}' with term {Term}")]
    public static partial void BecameLeader(ILogger logger, string node, string election, long term);

    [LoggerMessage(2, LogLevel.Information, "{Node} lost leadership of election '{Election}', term {Term}: {Reason}")]
    public static partial void LostLeadership(ILogger logger, string node, string election, long term, string reason);

    [LoggerMessage(3, LogLevel.Information, "{Leader} leads election '{Election}' with term {Term}")]
    public static partial void NewLeader(ILogger logger, string leader, string election, long term);

    [LoggerMessage(4, LogLevel.Debug, "Renewed term {Term} of election '{Election}'")]
    public static partial void Renewed(ILogger logger, string election, long term);

    [LoggerMessage(5, LogLevel.Warning, "A renewal of term {Term} of election '{Election}' has no known outcome, trusted for {Left:0} ms more: {Reason}")]
    public static partial void RenewalUnknown(ILogger logger, string election, long term, double left, string? reason);

    [LoggerMessage(6, LogLevel.Warning, "The store {Store} of election '{Election}' does not answer: {Trouble}")]
    public static partial void StoreIsAway(ILogger logger, string store, string election, string trouble);

    [LoggerMessage(7, LogLevel.Warning, "The store {Store} of election '{Election}' has not answered for {Seconds:0} s: {Trouble}")]
    public static partial void StoreIsStillAway(ILogger logger, string store, string election, double seconds, string trouble);

    [LoggerMessage(8, LogLevel.Information, "The store {Store} of election '{Election}' answers again after {Seconds:0.0} s")]
    public static partial void StoreIsBack(ILogger logger, string store, string election, double seconds);

    [LoggerMessage(9, LogLevel.Warning, "Work of term {Term} of election '{Election}' has not ended {Seconds:0.0} s after it was told; it is fenced off")]
    public static partial void WorkOutlivesTerm(ILogger logger, string election, long term, double seconds);

    [LoggerMessage(10, LogLevel.Error, "Work of term {Term} of election '{Election}' failed")]
    public static partial void WorkFailed(ILogger logger, string election, long term, Exception exception);

    [LoggerMessage(11, LogLevel.Error, "A callback of election '{Election}' failed")]
    public static partial void CallbackFailed(ILogger logger, string election, Exception exception);

    [LoggerMessage(12, LogLevel.Warning, "Term {Term} of election '{Election}' could not be released and ends with its lease: {Reason}")]
    public static partial void ReleaseFailed(ILogger logger, string election, long term, string? reason);

    [LoggerMessage(13, LogLevel.Warning, "Wall clock and boot clock of this host parted by {Seconds:0.000} s; renewing at once")]
    public static partial void ClockJumped(ILogger logger, double seconds);

    [LoggerMessage(14, LogLevel.Information, "Job '{Job}' of election '{Election}' ended under term {Term}: {Outcome}")]
    public static partial void JobEnded(ILogger logger, string job, string election, long term, string outcome);

    [LoggerMessage(15, LogLevel.Error, "Job '{Job}' of election '{Election}' failed under term {Term}")]
    public static partial void JobFailed(ILogger logger, string job, string election, long term, Exception exception);

    [LoggerMessage(16, LogLevel.Warning, "The state of job '{Job}' of election '{Election}' could not be written")]
    public static partial void JobStateNotWritten(ILogger logger, string job, string election, Exception exception);

    [LoggerMessage(17, LogLevel.Debug, "Job '{Job}' of election '{Election}' ended under term {Term}: {Outcome}")]
    public static partial void JobEndedQuietly(ILogger logger, string job, string election, long term, string outcome);

    [LoggerMessage(18, LogLevel.Error, "Campaigning in election '{Election}' broke off; it begins anew after a lease")]
    public static partial void CampaignBroke(ILogger logger, string election, Exception exception);

    [LoggerMessage(19, LogLevel.Error,
        "The store {Store} of election '{Election}' did not end its calls within {Seconds:0.0} s of being told to; they are left behind")]
    public static partial void StoreHangs(ILogger logger, string store, string election, double seconds, Exception exception);

    [LoggerMessage(20, LogLevel.Information, "{Node} stands in election '{Election}'; the store {Store} promises {Promise}")]
    public static partial void Stands(ILogger logger, string node, string election, string store, string promise);

    [LoggerMessage(21, LogLevel.Warning,
        "The store {Store} took term {Term} of election '{Election}' back {Left:0} ms before the end that it had confirmed; "
        + "it was wiped, restored or replaced, or somebody ended the session. Another node may have led meanwhile")]
    public static partial void StoreBrokeItsWord(ILogger logger, string store, string election, long term, double left);

    [LoggerMessage(22, LogLevel.Warning, "How term {Term} of election '{Election}' began could not be written down; timelines will not show it")]
    public static partial void HistoryNotWritten(ILogger logger, string election, long term, Exception exception);

    [LoggerMessage(23, LogLevel.Debug, "Why term {Term} of election '{Election}' ended could not be written down")]
    public static partial void FarewellNotSaid(ILogger logger, string election, long term, Exception exception);
}
