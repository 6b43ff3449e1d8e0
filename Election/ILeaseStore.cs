namespace AspireElection;

/// <summary>The seat of each election: who may hold it, and for how long.</summary>
/// <remarks>
/// <list type="number">
/// <item>At most one term of an election is valid at a time; tokens follow <see cref="FencingToken.Next"/>.</item>
/// <item>An acquire waits in line until the seat is granted. How it waits (blocked in the server, told by a message,
/// polling) is the store's own affair. It throws when the store cannot be reached; the caller backs off.</item>
/// <item>An acquire that is cancelled, or that throws, leaves nothing behind that only waiting out could free for
/// others longer than one lease; the same incarnation may reclaim its own orphan under a new token.</item>
/// <item>Renew and release name the exact term and change nothing when it does not hold the seat.</item>
/// <item>A release hands the seat to one successor: the best waiter, or the next in line. It does not wake all.</item>
/// <item>A store never decides by a node's wall clock. Its own server's clock decides expiry, or each observer's
/// <see cref="TimeProvider"/> where there is no server.</item>
/// </list>
/// All members are safe for use by several threads and several elections at once.
/// </remarks>
public interface ILeaseStore
{
    /// <summary>Short name of the kind of store, as in settings: <c>redis</c>, <c>postgres</c>, <c>file</c>, …</summary>
    string Kind { get; }

    /// <summary>Waits in line until the seat is granted.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; the candidate has left the line.</exception>
    /// <exception cref="StoreUnavailableException">
    /// The store was not reached, refused, or is unfit; the message says which server, what was found and what to do.
    /// </exception>
    ValueTask<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken);

    /// <summary>Keeps the seat for another <paramref name="leaseDuration"/>. Any exception means that it is unknown whether it does.</summary>
    /// <param name="term">The exact term.</param>
    /// <param name="leaseDuration">
    /// How long a silent leader keeps the seat, above 0; the same as at the grant. etcd rounds it up to whole seconds.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="StoreUnavailableException">The store was not reached in time, or refused.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    ValueTask<RenewAnswer> RenewAsync(Term term, TimeSpan leaseDuration, CancellationToken cancellationToken);

    /// <summary>Gives the seat back, to one successor where candidates wait. Does nothing for a term that is over.</summary>
    /// <exception cref="StoreUnavailableException">
    /// The store was not reached in time, or refused: whether it was given back is not known, and others may have to wait for the end of
    /// the lease.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; it may have been given back.</exception>
    ValueTask ReleaseAsync(Term term, CancellationToken cancellationToken);

    /// <summary>
    /// The seat as it is now, then each change of it that the store tells: a new leader, a release, a renewal's new
    /// end. A slow reader is given the newest state and may miss states between. Throws when the store is lost; the
    /// caller observes anew.
    /// </summary>
    /// <exception cref="StoreUnavailableException">Thrown to who reads: the store was not reached, refused, or is lost.</exception>
    /// <exception cref="OperationCanceledException">Thrown to who reads: the token was cancelled.</exception>
    IAsyncEnumerable<Sighting> ObserveAsync(string election, CancellationToken cancellationToken);
}
