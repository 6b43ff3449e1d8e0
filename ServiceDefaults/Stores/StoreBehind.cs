using System.Runtime.CompilerServices;

namespace AspireElection.ServiceDefaults.Stores;

/// <summary>A store behind something: every call first asks for it, and fails as that fails.</summary>
internal abstract class StoreBehind(string kind) : IElectionStore
{
    public string Kind => kind;

    /// <inheritdoc/>
    public abstract string Promise { get; }

    /// <summary>The store itself; asked at every call.</summary>
    protected abstract Task<IElectionStore> OpenAsync(CancellationToken cancellationToken);

    public virtual async ValueTask<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken)).AcquireAsync(candidacy, cancellationToken);

    public virtual async ValueTask<RenewAnswer> RenewAsync(Term term, TimeSpan leaseDuration, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken)).RenewAsync(term, leaseDuration, cancellationToken);

    public async ValueTask ReleaseAsync(Term term, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken)).ReleaseAsync(term, cancellationToken);

    public virtual async IAsyncEnumerable<Sighting> ObserveAsync(string election, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var sighting in (await OpenAsync(cancellationToken)).ObserveAsync(election, cancellationToken))
            yield return sighting;
    }

    public async ValueTask<IReadOnlyList<Member>> HeartbeatAsync(Member self, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken)).HeartbeatAsync(self, cancellationToken);

    public async ValueTask<IReadOnlyList<Member>> ListAsync(string election, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken)).ListAsync(election, cancellationToken);

    public async ValueTask LeaveAsync(string election, CandidateId id, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken)).LeaveAsync(election, id, cancellationToken);

    public async ValueTask<int> RemoveStaleAsync(string election, TimeSpan nodeTimeout, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken)).RemoveStaleAsync(election, nodeTimeout, cancellationToken);

    public async ValueTask<IReadOnlyDictionary<string, string>> ReadAsync(
        string election, string prefix, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken)).ReadAsync(election, prefix, cancellationToken);

    public async ValueTask WriteAsync(Term term, string key, string value, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken)).WriteAsync(term, key, value, cancellationToken);

    public async ValueTask AppendAsync(Term term, string log, string entry, int keep, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken)).AppendAsync(term, log, entry, keep, cancellationToken);

    public async ValueTask<IReadOnlyList<string>> ReadLogAsync(string election, string log, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken)).ReadLogAsync(election, log, cancellationToken);

    public abstract ValueTask DisposeAsync();
}
