using System.Text.Json.Nodes;
using AspireElection.Stores.Etcd;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;

namespace AspireElection.Stores.Tests.Etcd;

/// <summary>Tests on one server that is theirs alone.</summary>
public abstract class EtcdTests(EtcdServer server) : IClassFixture<EtcdServer>, IAsyncLifetime
{
    protected static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    /// <summary>Followed by the half second in which etcd looks for leases that are over, and by what a busy machine takes.</summary>
    protected static readonly TimeSpan Lateness = TimeSpan.FromSeconds(1);

    private readonly List<EtcdStore> _stores = [];
    private readonly CancellationTokenSource _ending = new();
    private EtcdCalls? _admin;

    protected EtcdServer Server { get; } = server;

    protected string Election { get; } = $"fact-{Guid.NewGuid():N}";

    protected CancellationToken Ending => _ending.Token;

    internal EtcdCalls Admin => _admin ??= Calls(Server.ConnectionString);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _ending.CancelAsync();
        foreach (var store in _stores)
            await store.DisposeAsync();
        _admin?.Dispose();
        _ending.Dispose();
    }

    internal static EtcdCalls Calls(string connectionString) => new(EtcdOptions.Parse(connectionString), BootClock.Instance);

    protected EtcdStore Store(string? connectionString = null)
    {
        var store = new EtcdStore(EtcdOptions.Parse(connectionString ?? Server.ConnectionString), BootClock.Instance);
        _stores.Add(store);
        return store;
    }

    protected Candidacy Stand(string node, TimeSpan? lease = null, int priority = 0, Action? renewNow = null) =>
        new(Election, new CandidateId(node, Guid.NewGuid().ToString("N")), lease ?? TimeSpan.FromMinutes(1), priority, $"http://127.0.0.1/{node}", renewNow);

    protected Task<Grant> Campaign(EtcdStore store, Candidacy candidacy) => store.AcquireAsync(candidacy, _ending.Token).AsTask();

    protected Task<Grant> Acquire(EtcdStore store, Candidacy candidacy) =>
        Campaign(store, candidacy).WaitAsync(Bound + candidacy.LeaseDuration * 2);

    internal Task<SeatLook> LookAsync() => EtcdFacts.LookAsync(Admin, Election);

    /// <summary>Until so many stand in the line, whoever leads among them.</summary>
    protected Task UntilInLine(int count) => Until(async () => (await LookAsync()).Line.Count == count, $"{count} stand in line");

    protected static async Task Until(Func<Task<bool>> condition, string what)
    {
        using var limit = new CancellationTokenSource(Bound);
        while (!await condition())
        {
            Assert.False(limit.IsCancellationRequested, $"Not within {Bound.TotalSeconds} s: {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }

    /// <summary>The first sighting that fits.</summary>
    protected async Task<Sighting> SightedAsync(EtcdStore store, Func<Sighting, bool> fits)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
        limit.CancelAfter(Bound);
        await foreach (var sighting in store.ObserveAsync(Election, limit.Token))
        {
            if (fits(sighting))
                return sighting;
        }

        throw new InvalidOperationException("The observation ended.");
    }

    internal static async Task AskAsync(EtcdCalls calls, string method, JsonObject body) =>
        await calls.AskAsync(method, body, EtcdCalls.LongestWait, default);

    protected static TimeSpan Between(long from, long to) => TimeSpan.FromSeconds((double)(to - from) / BootClock.Instance.TimestampFrequency);
}
