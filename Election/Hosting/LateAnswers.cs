namespace AspireElection.Hosting;

/// <summary>
/// A store in memory that has callers wait for its answers, as one at the end of a line does: to be waited for is code of its own.
/// </summary>
internal sealed class LateAnswers(IElectionStore store) : IElectionStore
{
    public string Kind => store.Kind;

    public async ValueTask<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return await store.AcquireAsync(candidacy, cancellationToken);
    }

    public async ValueTask<RenewAnswer> RenewAsync(Term term, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return await store.RenewAsync(term, leaseDuration, cancellationToken);
    }

    public async ValueTask ReleaseAsync(Term term, CancellationToken cancellationToken)
    {
        await Task.Yield();
        await store.ReleaseAsync(term, cancellationToken);
    }

    public IAsyncEnumerable<Sighting> ObserveAsync(string election, CancellationToken cancellationToken) => store.ObserveAsync(election, cancellationToken);

    public async ValueTask<IReadOnlyList<Member>> HeartbeatAsync(Member self, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return await store.HeartbeatAsync(self, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<Member>> ListAsync(string election, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return await store.ListAsync(election, cancellationToken);
    }

    public async ValueTask LeaveAsync(string election, CandidateId id, CancellationToken cancellationToken)
    {
        await Task.Yield();
        await store.LeaveAsync(election, id, cancellationToken);
    }

    public async ValueTask<int> RemoveStaleAsync(string election, TimeSpan nodeTimeout, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return await store.RemoveStaleAsync(election, nodeTimeout, cancellationToken);
    }

    public async ValueTask<IReadOnlyDictionary<string, string>> ReadAsync(string election, string prefix, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return await store.ReadAsync(election, prefix, cancellationToken);
    }

    public async ValueTask WriteAsync(Term term, string key, string value, CancellationToken cancellationToken)
    {
        await Task.Yield();
        await store.WriteAsync(term, key, value, cancellationToken);
    }

    public async ValueTask AppendAsync(Term term, string log, string entry, int keep, CancellationToken cancellationToken)
    {
        await Task.Yield();
        await store.AppendAsync(term, log, entry, keep, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<string>> ReadLogAsync(string election, string log, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return await store.ReadLogAsync(election, log, cancellationToken);
    }

    public ValueTask DisposeAsync() => store.DisposeAsync();
}
