using AspireElection.Timing;
using Xunit.Abstractions;

namespace AspireElection.Conformance;

/// <summary>
/// What every store keeps, whatever it is made of. A subclass says how to reach the store and what it can do; each
/// fact runs in an election of its own.
/// </summary>
/// <typeparam name="TStore">The store; a convention test finds stores that have no subclass.</typeparam>
public abstract partial class StoreConformance<TStore>(ITestOutputHelper output) : IAsyncLifetime
    where TStore : IElectionStore
{
    private readonly List<IElectionStore> _stores = [];
    private readonly CancellationTokenSource _ending = new();

    /// <summary>A new client of the same store: several clients stand for several processes.</summary>
    protected abstract Task<TStore> CreateStoreAsync();

    /// <summary>How many candidates stand in line now, over all clients, as the store itself shows it.</summary>
    protected abstract Task<int> CountWaitingAsync(string election);

    /// <summary>
    /// Loses all data and whatever the store knows of its clients, as a restart into an empty state does; null where it
    /// cannot lose them.
    /// </summary>
    protected virtual Func<Task>? Wipe => null;

    /// <summary>A release goes to the waiter of the highest priority.</summary>
    protected virtual bool OrdersByPriority => true;

    /// <summary>Among equal priorities the lower node id is next; otherwise who came first.</summary>
    protected virtual bool OrdersEqualsByNodeId => true;

    /// <summary>An incarnation that lost the answer to its acquire gets its seat back under a new token.</summary>
    protected virtual bool ReclaimsOrphans => true;

    /// <summary>
    /// A term that may write. Most ledgers take any that is not older than what was written; one that takes the writes of the
    /// present leader alone makes a term that was granted of each that a fact invents, in the same order.
    /// </summary>
    protected virtual ValueTask<Term> GrantedAsync(IElectionStore store, Term invented) => ValueTask.FromResult(invented);

    /// <summary>The lease of facts that wait for its end.</summary>
    protected virtual TimeSpan Lease => TimeSpan.FromSeconds(1);

    /// <summary>The lease of facts in which nothing may wait for its end: far above <see cref="Bound"/>.</summary>
    protected virtual TimeSpan LongLease => TimeSpan.FromSeconds(60);

    /// <summary>For how long a released seat is kept for its successor.</summary>
    protected virtual TimeSpan Turn => TimeSpan.FromMilliseconds(200);

    /// <summary>How much earlier than the lease the store's own clock may end it.</summary>
    protected virtual TimeSpan Precision => TimeSpan.FromMilliseconds(2);

    /// <summary>Within this time a thing happens that does not wait for a lease, on a busy machine.</summary>
    protected virtual TimeSpan Bound => TimeSpan.FromSeconds(20);

    /// <summary>The clock that the subclass gives to its stores.</summary>
    protected virtual TimeProvider Clock => BootClock.Instance;

    /// <summary>The election of this fact.</summary>
    protected string Election { get; } = $"fact-{Guid.NewGuid():N}";

    public virtual Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync()
    {
        await _ending.CancelAsync();
        foreach (var store in _stores)
            await store.DisposeAsync();
        _ending.Dispose();
    }

    /// <summary>A client that is disposed at the end of the fact.</summary>
    protected async Task<IElectionStore> StoreAsync()
    {
        var store = await CreateStoreAsync().WaitAsync(Bound);
        _stores.Add(store);
        return store;
    }

    protected async Task<(IElectionStore, IElectionStore)> TwoStoresAsync() => (await StoreAsync(), await StoreAsync());

    protected Candidacy Stand(
        string node, int priority = 0, TimeSpan? lease = null, string? election = null, string? incarnation = null) =>
        new(election ?? Election, new CandidateId(node, incarnation ?? Guid.NewGuid().ToString("N")),
            lease ?? LongLease, priority, $"http://127.0.0.1/{node}");

    /// <summary>Stands in line without waiting for the seat; leaves the line at the end of the fact at the latest.</summary>
    protected Task<Grant> Campaign(IElectionStore store, Candidacy candidacy) =>
        store.AcquireAsync(candidacy, _ending.Token).AsTask();

    /// <summary>Takes a seat that is free or soon will be.</summary>
    protected Task<Grant> Acquire(IElectionStore store, Candidacy candidacy) =>
        Campaign(store, candidacy).WaitAsync(Bound + candidacy.LeaseDuration * 2);

    protected async Task<RenewAnswer> Renew(IElectionStore store, Term term, TimeSpan? lease = null) =>
        await store.RenewAsync(term, lease ?? LongLease, _ending.Token).AsTask().WaitAsync(Bound);

    protected async Task Release(IElectionStore store, Term term) =>
        await store.ReleaseAsync(term, _ending.Token).AsTask().WaitAsync(Bound);

    protected Task UntilWaiting(int count, string? election = null) =>
        Until(async () => await CountWaitingAsync(election ?? Election) == count, $"{count} candidates stand in line");

    protected async Task Until(Func<Task<bool>> condition, string what)
    {
        var end = Clock.After(Bound);
        while (!await condition())
        {
            if (Clock.Until(end) == TimeSpan.Zero)
                Assert.Fail($"Not within {Bound.TotalSeconds} s: {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(2), Clock);
        }
    }

    protected long Ticks(TimeSpan duration) => duration.ToTicksOf(Clock);

    /// <summary>Not before <paramref name="timestamp"/>, but for what the store's own clock rounds away.</summary>
    protected void NotBefore(long timestamp, long actual) =>
        Assert.True(actual >= timestamp - Ticks(Precision),
            $"{TimeSpan.FromSeconds((double)(timestamp - actual) / Clock.TimestampFrequency).TotalMilliseconds} ms too early");

    /// <summary>Says why a fact does not apply; a fact that passes in silence would look like a kept promise.</summary>
    protected bool Applies(bool capability, string otherwise)
    {
        if (!capability)
            output.WriteLine($"Does not apply to {typeof(TStore).Name}: {otherwise}.");
        return capability;
    }
}
