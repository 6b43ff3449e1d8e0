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
/// </list>
/// </remarks>
public interface ILedger
{
    /// <summary>Everything written under the election whose key starts with <paramref name="prefix"/>.</summary>
    ValueTask<IReadOnlyDictionary<string, string>> ReadAsync(
        string election, string prefix, CancellationToken cancellationToken);

    /// <summary>Writes one value.</summary>
    /// <exception cref="StaleTermException">A newer term has written.</exception>
    ValueTask WriteAsync(Term term, string key, string value, CancellationToken cancellationToken);

    /// <summary>Appends to a log and keeps its newest <paramref name="keep"/> entries.</summary>
    /// <exception cref="StaleTermException">A newer term has written.</exception>
    ValueTask AppendAsync(Term term, string log, string entry, int keep, CancellationToken cancellationToken);

    /// <summary>A log's entries, oldest first.</summary>
    ValueTask<IReadOnlyList<string>> ReadLogAsync(string election, string log, CancellationToken cancellationToken);
}
