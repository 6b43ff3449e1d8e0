using System.Runtime.CompilerServices;

namespace AspireElection.ServiceDefaults.Stores;

/// <summary>A store whose client takes its time: every call waits for it, and fails as it fails; the node stays a follower.</summary>
/// <param name="kind">The kind of store.</param>
/// <param name="open">The store; asked at every call, so it should remember.</param>
internal sealed class LateStore(string kind, Func<CancellationToken, Task<IElectionStore>> open) : IElectionStore
{
    public string Kind => kind;

    public async ValueTask<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken) =>
        await (await open(cancellationToken)).AcquireAsync(candidacy, cancellationToken);

    public async ValueTask<RenewAnswer> RenewAsync(Term term, TimeSpan leaseDuration, CancellationToken cancellationToken) =>
        await (await open(cancellationToken)).RenewAsync(term, leaseDuration, cancellationToken);

    public async ValueTask ReleaseAsync(Term term, CancellationToken cancellationToken) =>
        await (await open(cancellationToken)).ReleaseAsync(term, cancellationToken);

    public async IAsyncEnumerable<Sighting> ObserveAsync(string election, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var sighting in (await open(cancellationToken)).ObserveAsync(election, cancellationToken))
            yield return sighting;
    }

    public async ValueTask<IReadOnlyList<Member>> HeartbeatAsync(Member self, CancellationToken cancellationToken) =>
        await (await open(cancellationToken)).HeartbeatAsync(self, cancellationToken);

    public async ValueTask<IReadOnlyList<Member>> ListAsync(string election, CancellationToken cancellationToken) =>
        await (await open(cancellationToken)).ListAsync(election, cancellationToken);

    public async ValueTask LeaveAsync(string election, CandidateId id, CancellationToken cancellationToken) =>
        await (await open(cancellationToken)).LeaveAsync(election, id, cancellationToken);

    public async ValueTask<int> RemoveStaleAsync(string election, TimeSpan nodeTimeout, CancellationToken cancellationToken) =>
        await (await open(cancellationToken)).RemoveStaleAsync(election, nodeTimeout, cancellationToken);

    public async ValueTask<IReadOnlyDictionary<string, string>> ReadAsync(
        string election, string prefix, CancellationToken cancellationToken) =>
        await (await open(cancellationToken)).ReadAsync(election, prefix, cancellationToken);

    public async ValueTask WriteAsync(Term term, string key, string value, CancellationToken cancellationToken) =>
        await (await open(cancellationToken)).WriteAsync(term, key, value, cancellationToken);

    public async ValueTask AppendAsync(Term term, string log, string entry, int keep, CancellationToken cancellationToken) =>
        await (await open(cancellationToken)).AppendAsync(term, log, entry, keep, cancellationToken);

    public async ValueTask<IReadOnlyList<string>> ReadLogAsync(string election, string log, CancellationToken cancellationToken) =>
        await (await open(cancellationToken)).ReadLogAsync(election, log, cancellationToken);

    /// <summary>The clients are the host's; a store over one holds nothing that the end of the process would not end.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
