namespace AspireElection.Tests.Simulation;

/// <summary>A real store with faults on the way to it: what a test sets is called instead of the store.</summary>
internal sealed class InterceptedStore(IElectionStore store) : IElectionStore
{
    public Func<Func<ValueTask<RenewAnswer>>, CancellationToken, ValueTask<RenewAnswer>>? OnRenew { get; set; }

    public Func<Func<ValueTask<Grant>>, ValueTask<Grant>>? OnAcquire { get; set; }

    public Func<IAsyncEnumerable<Sighting>, IAsyncEnumerable<Sighting>>? OnObserve { get; set; }

    public Action? OnRelease { get; set; }

    public Action? OnHeartbeat { get; set; }

    public Action? OnRemoveStale { get; set; }

    public Action? OnReadLog { get; set; }

    public Action? OnList { get; set; }

    /// <summary>When set, every call fails with it.</summary>
    public Exception? Away { get; set; }

    /// <summary>Whether heartbeats are left without an answer.</summary>
    public bool StandsStill { get; set; }

    /// <summary>When set, heartbeats are answered with what it gives, and the store is not asked.</summary>
    public Func<Member, IReadOnlyList<Member>>? Recalls { get; set; }

    public int Renewals { get; private set; }

    public Candidacy? Candidacy { get; private set; }

    public string Kind => store.Kind;

    public async ValueTask<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        Candidacy = candidacy;
        return OnAcquire is { } fault
            ? await fault(() => store.AcquireAsync(candidacy, cancellationToken))
            : await store.AcquireAsync(candidacy, cancellationToken);
    }

    public async ValueTask<RenewAnswer> RenewAsync(Term term, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        Renewals++;
        ThrowIfAway();
        return OnRenew is { } fault
            ? await fault(() => store.RenewAsync(term, leaseDuration, cancellationToken), cancellationToken)
            : await store.RenewAsync(term, leaseDuration, cancellationToken);
    }

    public ValueTask ReleaseAsync(Term term, CancellationToken cancellationToken)
    {
        OnRelease?.Invoke();
        ThrowIfAway();
        return store.ReleaseAsync(term, cancellationToken);
    }

    public IAsyncEnumerable<Sighting> ObserveAsync(string election, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        var sightings = store.ObserveAsync(election, cancellationToken);
        return OnObserve is { } fault ? fault(sightings) : sightings;
    }

    public ValueTask<IReadOnlyList<Member>> HeartbeatAsync(Member self, CancellationToken cancellationToken)
    {
        OnHeartbeat?.Invoke();
        ThrowIfAway();
        if (StandsStill)
            return new ValueTask<IReadOnlyList<Member>>(new TaskCompletionSource<IReadOnlyList<Member>>().Task);
        return Recalls is { } recalls ? new ValueTask<IReadOnlyList<Member>>(recalls(self)) : store.HeartbeatAsync(self, cancellationToken);
    }

    public ValueTask<IReadOnlyList<Member>> ListAsync(string election, CancellationToken cancellationToken)
    {
        OnList?.Invoke();
        return store.ListAsync(election, cancellationToken);
    }

    public ValueTask LeaveAsync(string election, CandidateId id, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        return store.LeaveAsync(election, id, cancellationToken);
    }

    public ValueTask<int> RemoveStaleAsync(string election, TimeSpan nodeTimeout, CancellationToken cancellationToken)
    {
        OnRemoveStale?.Invoke();
        ThrowIfAway();
        return store.RemoveStaleAsync(election, nodeTimeout, cancellationToken);
    }

    public ValueTask<IReadOnlyDictionary<string, string>> ReadAsync(string election, string prefix, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        return store.ReadAsync(election, prefix, cancellationToken);
    }

    public ValueTask WriteAsync(Term term, string key, string value, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        return store.WriteAsync(term, key, value, cancellationToken);
    }

    public ValueTask AppendAsync(Term term, string log, string entry, int keep, CancellationToken cancellationToken) =>
        store.AppendAsync(term, log, entry, keep, cancellationToken);

    public ValueTask<IReadOnlyList<string>> ReadLogAsync(string election, string log, CancellationToken cancellationToken)
    {
        OnReadLog?.Invoke();
        return store.ReadLogAsync(election, log, cancellationToken);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void ThrowIfAway()
    {
        if (Away is { } away)
            throw away;
    }
}
