using System.Globalization;
using System.Text.RegularExpressions;
using AspireElection.Stores.Redis;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;
using StackExchange.Redis;

namespace AspireElection.Stores.Tests.Redis;

/// <summary>Tests on one server that is theirs alone: they count its commands, freeze and wipe it.</summary>
public abstract class RedisTests(RedisServer server) : IClassFixture<RedisServer>, IAsyncLifetime
{
    protected static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private readonly List<IAsyncDisposable> _stores = [];
    private readonly List<IConnectionMultiplexer> _connections = [];
    private readonly CancellationTokenSource _ending = new();
    private IConnectionMultiplexer? _admin;

    protected RedisServer Server { get; } = server;

    protected string Election { get; } = $"fact-{Guid.NewGuid():N}";

    protected IDatabase Admin => _admin!.GetDatabase();

    protected CancellationToken Ending => _ending.Token;

    public virtual async Task InitializeAsync() => _admin = await ConnectAsync();

    public virtual async Task DisposeAsync()
    {
        await _ending.CancelAsync();
        foreach (var store in _stores)
            await store.DisposeAsync();
        foreach (var connection in _connections)
            connection.Dispose();
        _ending.Dispose();
    }

    protected async Task<IConnectionMultiplexer> ConnectAsync(string? connectionString = null)
    {
        var connection = await ConnectionMultiplexer.ConnectAsync(connectionString ?? Server.ConnectionString);
        _connections.Add(connection);
        return connection;
    }

    protected async Task<RedisStore> StoreAsync(string? connectionString = null) => Store(await ConnectAsync(connectionString));

    protected RedisStore Store(IConnectionMultiplexer connection)
    {
        var store = new RedisStore(connection, BootClock.Instance);
        Keep(store);
        return store;
    }

    protected void Keep(RedisStore store) => _stores.Add(store);

    protected Candidacy Stand(string node, TimeSpan? lease = null, int priority = 0, Action? renewNow = null) =>
        new(Election, new CandidateId(node, Guid.NewGuid().ToString("N")), lease ?? TimeSpan.FromMinutes(1), priority, null, renewNow);

    protected Task<Grant> Campaign(RedisStore store, Candidacy candidacy) => store.AcquireAsync(candidacy, _ending.Token).AsTask();

    protected Task<Grant> Acquire(RedisStore store, Candidacy candidacy) =>
        Campaign(store, candidacy).WaitAsync(Bound + candidacy.LeaseDuration * 2);

    protected Task UntilWaiting(int count) => Until(async () => await WaitingAsync() == count, $"{count} stand in line");

    protected async Task<int> WaitingAsync() => (int)await Admin.SortedSetLengthAsync(Key("line"));

    protected RedisKey Key(string name) => $"election:{{{Election}}}:{name}";

    protected static async Task Until(Func<Task<bool>> condition, string what)
    {
        using var limit = new CancellationTokenSource(Bound);
        while (!await condition())
        {
            Assert.False(limit.IsCancellationRequested, $"Not within {Bound.TotalSeconds} s: {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(2));
        }
    }

    /// <summary>
    /// A server that meets a script for the first time is sent it twice, by its hash and by its text; and the first
    /// requests of a process are slow: on a busy machine they outlast the third of a short lease.
    /// </summary>
    protected static async Task TeachScriptsAsync(RedisStore store)
    {
        var candidacy = new Candidacy("lesson", new CandidateId("node", "lesson"), TimeSpan.FromMinutes(1));
        var grant = await store.AcquireAsync(candidacy, default);
        await store.RenewAsync(grant.Term, TimeSpan.FromMinutes(1), default);
        await store.RemoveStaleAsync("lesson", TimeSpan.FromMinutes(1), default);
        await store.ReleaseAsync(grant.Term, default);
    }

    /// <summary>How many requests for a script clients have sent since <see cref="ForgetRequestsAsync"/>.</summary>
    protected async Task<int> ScriptRequestsAsync()
    {
        var stats = (string)(await Admin.ExecuteAsync("INFO", "commandstats"))!;
        return Regex.Matches(stats, "cmdstat_eval(?:sha)?:calls=(\\d+)")
            .Sum(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture));
    }

    /// <summary>How often clients have sent a command since <see cref="ForgetRequestsAsync"/>.</summary>
    protected async Task<int> RequestsAsync(string command)
    {
        var stats = (string)(await Admin.ExecuteAsync("INFO", "commandstats"))!;
        return Regex.Match(stats, $"cmdstat_{command}:calls=(\\d+)") is { Success: true } found
            ? int.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture)
            : 0;
    }

    protected Task ForgetRequestsAsync() => Admin.ExecuteAsync("CONFIG", "RESETSTAT");
}
