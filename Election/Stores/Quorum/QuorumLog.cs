using Microsoft.Extensions.Logging;

namespace AspireElection.Stores.Quorum;

/// <summary>Every log line of a peer.</summary>
internal static partial class QuorumLog
{
    [LoggerMessage(41, LogLevel.Warning, "Election '{Election}' has no majority: {Reachable} of {Eligible} peers reachable")]
    public static partial void NoMajority(ILogger logger, string election, int reachable, int eligible);

    [LoggerMessage(42, LogLevel.Information, "Election '{Election}' has a majority again")]
    public static partial void MajorityIsBack(ILogger logger, string election);

    [LoggerMessage(43, LogLevel.Warning, "The log {Path} of election '{Election}' ended in a write that was interrupted: {Bytes} bytes, which nobody was told of, were cut off")]
    public static partial void CutOff(ILogger logger, string election, string path, long bytes);

    [LoggerMessage(44, LogLevel.Error, "Election '{Election}' stands still at this peer: {Trouble}")]
    public static partial void Failed(ILogger logger, string election, string trouble);

    [LoggerMessage(45, LogLevel.Warning, "Refused a line of {Stranger}: {Why}; {Count} refused so far")]
    public static partial void Refused(ILogger logger, string stranger, string why, long count);

    [LoggerMessage(46, LogLevel.Warning, "Peer {Peer} refused this one: {Why}")]
    public static partial void RefusedBy(ILogger logger, string peer, string why);

    [LoggerMessage(47, LogLevel.Error, "The line to peer {Peer} ended as none should, and is opened again: {Kind}: {Trouble}")]
    public static partial void LineFailed(ILogger logger, string peer, string kind, string trouble);

    [LoggerMessage(48, LogLevel.Warning, "The data folder {Folder} is below the folder for temporary files: votes are lost when it is emptied; choose another data folder")]
    public static partial void Temporary(ILogger logger, string folder);
}
