using AspireElection.Stores.Postgres;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;
using Npgsql;

namespace AspireElection.Stores.Tests.Postgres;

/// <summary>What the facts about the PostgreSQL store have in common: stores, candidates and a look into the server.</summary>
public abstract class PostgresFacts(PostgresServer server) : IAsyncLifetime
{
    /// <summary>Within this time a thing happens that does not wait for a lease, on a busy machine.</summary>
    protected static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private readonly List<IAsyncDisposable> _disposed = [];
    private NpgsqlDataSource? _source;

    protected static TimeProvider Clock => BootClock.Instance;

    protected PostgresServer Server { get; } = server;

    protected string Election { get; } = $"fact-{Guid.NewGuid():N}";

    protected NpgsqlDataSource Source => _source ??= NpgsqlDataSource.Create(Server.ConnectionString);

    public virtual Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync()
    {
        foreach (var disposed in _disposed)
            await disposed.DisposeAsync();
        if (_source is not null)
            await _source.DisposeAsync();
    }

    protected PostgresStore NewStore(string? connectionString = null, bool behindSessionPooler = false)
    {
        var store = new PostgresStore(connectionString ?? Server.ConnectionString, Clock) { BehindSessionPooler = behindSessionPooler };
        _disposed.Add(store);
        return store;
    }

    protected Candidacy Stand(string node, TimeSpan? lease = null, int priority = 0, Action? renewNow = null) => new(
        Election, new CandidateId(node, Guid.NewGuid().ToString("N")), lease ?? TimeSpan.FromSeconds(60), priority, null, renewNow);

    protected static Task<Grant> Acquire(IElectionStore store, Candidacy candidacy) =>
        store.AcquireAsync(candidacy, CancellationToken.None).AsTask().WaitAsync(Bound);

    protected static async Task<RenewAnswer> Renew(IElectionStore store, Grant grant, TimeSpan? lease = null) =>
        await store.RenewAsync(grant.Term, lease ?? TimeSpan.FromSeconds(60), CancellationToken.None).AsTask().WaitAsync(Bound);

    protected async Task<T> AskAsync<T>(string sql, params object[] values)
    {
        await using var command = Source.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return (T)(await command.ExecuteScalarAsync().WaitAsync(Bound))!;
    }

    protected async Task MakeTablesAsync() => await NewStore().ListAsync(Election, CancellationToken.None);

    /// <summary>Ends the sessions that hold the seat, as an administrator does.</summary>
    protected Task<long> TerminateHolderAsync() => AskAsync<long>(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32 | objid::bigint) = $1",
        SeatKey.Of(Election));

    protected Task<long> CountWaitingAsync() => AskAsync<long>(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND (classid::bigint << 32 | objid::bigint) = $1",
        SeatKey.Of(Election));

    protected Task UntilWaiting(int count) => Until(async () => await CountWaitingAsync() == count, $"{count} wait in line");

    protected static async Task Until(Func<Task<bool>> condition, string what)
    {
        var end = Clock.After(Bound);
        while (!await condition())
        {
            if (Clock.Until(end) == TimeSpan.Zero)
                Assert.Fail($"Not within {Bound.TotalSeconds} s: {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(2), Clock);
        }
    }

    protected static TimeSpan Since(long timestamp) => Clock.GetElapsedTime(timestamp);
}
