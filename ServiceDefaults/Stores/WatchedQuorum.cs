using AspireElection.Stores.Quorum;

namespace AspireElection.ServiceDefaults.Stores;

/// <summary>The elections of a quorum as somebody sees them who is no peer: what would change them is refused.</summary>
internal sealed class WatchedQuorum(QuorumClient client) : IElectionStore
{
    private const string Refused = "Only a peer of the quorum takes part in its elections.";

    public string Kind => "quorum";

    public IAsyncEnumerable<Sighting> ObserveAsync(string election, CancellationToken cancellationToken) =>
        client.ObserveAsync(election, cancellationToken);

    public async ValueTask<IReadOnlyList<Member>> ListAsync(string election, CancellationToken cancellationToken) =>
        await client.ListAsync(election, cancellationToken);

    public async ValueTask<IReadOnlyDictionary<string, string>> ReadAsync(
        string election, string prefix, CancellationToken cancellationToken) =>
        await client.ReadAsync(election, prefix, cancellationToken);

    public async ValueTask<IReadOnlyList<string>> ReadLogAsync(string election, string log, CancellationToken cancellationToken) =>
        await client.ReadLogAsync(election, log, cancellationToken);

    public ValueTask<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken) => throw new NotSupportedException(Refused);

    public ValueTask<RenewAnswer> RenewAsync(Term term, TimeSpan leaseDuration, CancellationToken cancellationToken) =>
        throw new NotSupportedException(Refused);

    public ValueTask ReleaseAsync(Term term, CancellationToken cancellationToken) => throw new NotSupportedException(Refused);

    public ValueTask<IReadOnlyList<Member>> HeartbeatAsync(Member self, CancellationToken cancellationToken) =>
        throw new NotSupportedException(Refused);

    public ValueTask LeaveAsync(string election, CandidateId id, CancellationToken cancellationToken) => throw new NotSupportedException(Refused);

    public ValueTask<int> RemoveStaleAsync(string election, TimeSpan nodeTimeout, CancellationToken cancellationToken) =>
        throw new NotSupportedException(Refused);

    public ValueTask WriteAsync(Term term, string key, string value, CancellationToken cancellationToken) =>
        throw new NotSupportedException(Refused);

    public ValueTask AppendAsync(Term term, string log, string entry, int keep, CancellationToken cancellationToken) =>
        throw new NotSupportedException(Refused);

    public ValueTask DisposeAsync() => client.DisposeAsync();
}
