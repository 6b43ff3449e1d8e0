namespace AspireElection.Tests.Simulation.Histories;

/// <summary>What all clients of simulated stores have in common: bounded requests, members and ledger.</summary>
internal abstract class StoreClient(Line line, Func<MemberRows> members, Func<Ledger> ledger, Func<DateTimeOffset> serverTime) : IElectionStore
{
    protected static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    public abstract string Kind { get; }

    protected Line Line => line;

    protected TimeProvider Clock => line.Host.Clock;

    public abstract ValueTask<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken);

    public abstract ValueTask<RenewAnswer> RenewAsync(Term term, TimeSpan leaseDuration, CancellationToken cancellationToken);

    public abstract ValueTask ReleaseAsync(Term term, CancellationToken cancellationToken);

    public abstract IAsyncEnumerable<Sighting> ObserveAsync(string election, CancellationToken cancellationToken);

    public virtual async ValueTask<IReadOnlyList<Member>> HeartbeatAsync(Member self, CancellationToken cancellationToken) =>
        await AskAsync("heartbeat", () => members().Beat(self, serverTime()), LongestWait, cancellationToken);

    public virtual async ValueTask<IReadOnlyList<Member>> ListAsync(string election, CancellationToken cancellationToken) =>
        await AskAsync("list", () => members().List(), LongestWait, cancellationToken);

    public virtual async ValueTask LeaveAsync(string election, CandidateId id, CancellationToken cancellationToken) =>
        await AskAsync("leave", () => members().Remove(id), LongestWait, cancellationToken);

    public ValueTask<int> RemoveStaleAsync(string election, TimeSpan nodeTimeout, CancellationToken cancellationToken) =>
        throw new NotSupportedException("No history removes members.");

    public async ValueTask<IReadOnlyDictionary<string, string>> ReadAsync(string election, string prefix, CancellationToken cancellationToken) =>
        await AskAsync("read", () => ledger().Read(prefix), LongestWait, cancellationToken);

    public async ValueTask WriteAsync(Term term, string key, string value, CancellationToken cancellationToken) =>
        await AskAsync("write", () => ledger().Write(term, key, value), LongestWait, cancellationToken);

    public ValueTask AppendAsync(Term term, string log, string entry, int keep, CancellationToken cancellationToken) =>
        throw new NotSupportedException("No history appends to a log.");

    public ValueTask<IReadOnlyList<string>> ReadLogAsync(string election, string log, CancellationToken cancellationToken) =>
        throw new NotSupportedException("No history reads a log.");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Asks, and waits no longer than <paramref name="bound"/>; <paramref name="late"/> is given what comes afterwards.</summary>
    protected Task<T> AskAsync<T>(
        string what, Func<T> atServer, TimeSpan bound, CancellationToken cancellationToken, Action<T>? late = null) =>
        AskAsync<T>(what, answer => answer.Give(atServer()), bound, cancellationToken, late);

    /// <summary>The same for what the server answers only later.</summary>
    protected async Task<T> AskAsync<T>(
        string what, Action<IAnswer<T>> atServer, TimeSpan bound, CancellationToken cancellationToken, Action<T>? late = null)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var unanswered = line.AskAsync<T>(what, atServer);
        try
        {
            return await unanswered.WaitAsync(bound, Clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new StoreUnavailableException($"{what} was not answered within {bound.TotalMilliseconds} ms");
        }
        finally
        {
            if (!unanswered.IsCompleted)
                _ = LateAsync(unanswered, late);
        }
    }

    private static async Task LateAsync<T>(Task<T> answer, Action<T>? late)
    {
        try
        {
            var result = await answer;
            late?.Invoke(result);
        }
        catch (StoreUnavailableException)
        {
            // Nobody waits for it any more.
        }
        catch (StaleTermException)
        {
            // As above: the write was refused.
        }
    }
}
