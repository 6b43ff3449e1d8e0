namespace AspireElection;

/// <summary>What leaders write down for their successors: job states, history.</summary>
/// <remarks>
/// <list type="number">
/// <item>Everybody reads; a write names a term and is refused when a newer term has written, or an equal token of
/// another holder.</item>
/// <item>A write is checked and applied in one atomic step of the store.</item>
/// <item>Logs are bounded: an append keeps the newest entries only.</item>
/// <item>Taken by this library itself: the keys <c>jobs/…</c>, <c>handover</c> and <c>handover/…</c>, and the log
/// <c>history</c>.</item>
/// <item>It is for notes, not for data: the quorum takes names of up to 1,024 and values of up to 262,144 characters, 1,048,576 in
/// all for an election; etcd takes requests of up to 1.5 MB, one of which holds a whole log.</item>
/// </list>
/// A call that is cancelled ends with an <see cref="OperationCanceledException"/>; a write may have been applied then.
/// </remarks>
public interface ILedger
{
    /// <summary>Everything written under the election whose key starts with <paramref name="prefix"/>.</summary>
    /// <param name="election">The election's name.</param>
    /// <param name="prefix">Compared ordinally; empty for all.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="StoreUnavailableException">The store was not reached or refused.</exception>
    ValueTask<IReadOnlyDictionary<string, string>> ReadAsync(
        string election, string prefix, CancellationToken cancellationToken);

    /// <summary>Writes one value.</summary>
    /// <param name="term">Under which term.</param>
    /// <param name="key">The value's name; a value of the same name is replaced.</param>
    /// <param name="value">The value.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="StaleTermException">A newer term has written, or an equal token of another holder; nothing was written.</exception>
    /// <exception cref="StoreUnavailableException">The store was not reached or refused; the value may have been written.</exception>
    /// <exception cref="ArgumentException">Name or value is too long for the store.</exception>
    ValueTask WriteAsync(Term term, string key, string value, CancellationToken cancellationToken);

    /// <summary>Appends to a log and keeps its newest <paramref name="keep"/> entries.</summary>
    /// <param name="term">Under which term.</param>
    /// <param name="log">The log's name; it begins with its first entry.</param>
    /// <param name="entry">The new entry.</param>
    /// <param name="keep">How many entries are kept, this one included; at least 1.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="StaleTermException">A newer term has written, or an equal token of another holder; nothing was written.</exception>
    /// <exception cref="StoreUnavailableException">
    /// The store was not reached or refused; the entry may have been written, so that to append it again may have it twice.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="keep"/> is below 1; nothing was written.</exception>
    /// <exception cref="ArgumentException">Name or entry is too long for the store.</exception>
    ValueTask AppendAsync(Term term, string log, string entry, int keep, CancellationToken cancellationToken);

    /// <summary>A log's entries, oldest first; none of a log that never began.</summary>
    /// <param name="election">The election's name.</param>
    /// <param name="log">The log's name.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="StoreUnavailableException">The store was not reached or refused.</exception>
    ValueTask<IReadOnlyList<string>> ReadLogAsync(string election, string log, CancellationToken cancellationToken);
}
