using System.Collections.Concurrent;
using AspireElection.Stores.Postgres;
using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Stores.Tests.Postgres.Many;

/// <summary>What the facts about shared sessions have in common: stores of many elections, and who holds what.</summary>
public abstract class SharedFacts(PostgresServer server) : PostgresFacts(server)
{
    private readonly List<IAsyncDisposable> _disposed = [];

    protected static readonly TimeSpan LongLease = TimeSpan.FromSeconds(60);

    /// <summary>Terms whose session or lease was said to be in doubt, and when.</summary>
    protected ConcurrentDictionary<string, long> Doubted { get; } = new();

    public override async Task DisposeAsync()
    {
        foreach (var disposed in _disposed)
            await disposed.DisposeAsync();
        await base.DisposeAsync();
    }

    protected PostgresStore NewShared(int sessions = 2, string? connectionString = null) =>
        Disposed(new PostgresStore(connectionString ?? Server.ConnectionString, Clock) { LockSessions = sessions });

    internal ProcessLine NewLine() => Disposed(new ProcessLine(Server));

    protected string[] Elections(int count) => [.. Enumerable.Range(0, count).Select(n => $"{Election}-{n}")];

    protected Candidacy StandFor(string election, string node, TimeSpan? lease = null, int priority = 0) => new(
        election, new CandidateId(node, Guid.NewGuid().ToString("N")), lease ?? LongLease, priority, null,
        () => Doubted.TryAdd($"{election} {node}", Clock.GetTimestamp()));

    protected async Task<Grant[]> AcquireAll(IElectionStore store, IEnumerable<string> elections, string node, TimeSpan? lease = null) =>
        await Task.WhenAll(elections.Select(e => Acquire(store, StandFor(e, node, lease))));

    protected Task UntilRegistered(IReadOnlyCollection<string> elections, int each = 1) => Until(
        async () => await AskAsync<long>("SELECT count(*) FROM election_waiters WHERE election = ANY ($1)", (object)elections.ToArray())
            == elections.Count * each,
        $"{each} wait for each of {elections.Count} seats");

    /// <summary>Until the end of each session that holds one of these seats is waited for by so many.</summary>
    protected Task UntilWatched(IReadOnlyCollection<string> elections, int watchers = 1) => Until(
        async () => await AskAsync<bool>("""
            SELECT count(DISTINCT h.pid) * $2 = (SELECT count(*) FROM pg_locks w WHERE w.locktype = 'advisory' AND w.objsubid = 2 AND NOT w.granted
                AND w.objid IN (SELECT p.objid FROM pg_locks p WHERE p.granted AND p.objsubid = 2 AND p.pid = ANY (array_agg(h.pid))))
            FROM pg_locks h WHERE h.locktype = 'advisory' AND h.granted AND (h.classid::bigint << 32 | h.objid::bigint) = ANY ($1)
            """, Keys(elections), (long)watchers),
        "the holders are watched");

    protected Task<int[]> HoldersOf(IEnumerable<string> elections) => AskAsync<int[]>("""
        SELECT coalesce(array_agg(DISTINCT pid), '{}') FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND (classid::bigint << 32 | objid::bigint) = ANY ($1)
        """, Keys(elections));

    protected static async Task<Dictionary<string, RenewAnswer>> RenewAll(IElectionStore store, IEnumerable<Grant> grants, TimeSpan? lease = null)
    {
        var answers = await Task.WhenAll(grants.Select(async g => (g.Term.Election, Answer: await Renew(store, g, lease ?? LongLease))));
        return answers.ToDictionary(a => a.Election, a => a.Answer);
    }

    protected static long[] Keys(IEnumerable<string> elections) => [.. elections.Select(SeatKey.Of)];

    private T Disposed<T>(T disposed)
        where T : IAsyncDisposable
    {
        _disposed.Add(disposed);
        return disposed;
    }
}
