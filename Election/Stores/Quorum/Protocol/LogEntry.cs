namespace AspireElection.Stores.Quorum.Protocol;

/// <summary>What an entry of the log is for. The numbers are stored on disk and sent to peers.</summary>
internal enum EntryKind
{
    /// <summary>A command for the state machine of the driver.</summary>
    Command = 0,

    /// <summary>The first entry of a term; its data are <see cref="Standing.Holder"/> of the leader.</summary>
    Leader = 1,

    /// <summary>
    /// The leader of this entry's term gave the seat back, or never held it: this is then the term's first entry, of a
    /// peer that only stood in. No data.
    /// </summary>
    Released = 2,

    /// <summary>From this entry on (not only from its commit) the peer named by the data, in UTF-8, may stand and vote.</summary>
    Eligible = 3,
}

/// <summary>One entry of the replicated log. <paramref name="Index"/> counts from 1.</summary>
internal sealed record LogEntry(long Index, long Term, EntryKind Kind, byte[] Data);
