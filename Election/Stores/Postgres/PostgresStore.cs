using AspireElection.Stores.Postgres.Many;
using AspireElection.Timing;
using Npgsql;

namespace AspireElection.Stores.Postgres;

/// <summary>
/// Elections in a PostgreSQL database, version 14 or newer. The seat is a session advisory lock: candidates wait for
/// it inside the server, which grants it the moment that a leader resigns, dies, or falls silent for a lease.
/// </summary>
/// <remarks>
/// Connections: one for each candidate (outside the pool; <see cref="LockSessions"/> for many), one for all observers,
/// and those of the pool for members and ledger. A default server has room for some 12,000 advisory locks; 5,000 elections are the limit.
/// The tables (<c>election_terms</c>, <c>election_marker</c>, <c>node_records</c>, <c>election_ledger</c>,
/// <c>election_ledger_fence</c>, <c>election_log</c>) are created in the first schema of the user's search path. The name of an election
/// counts for the whole database, whatever the schema.
/// </remarks>
public sealed class PostgresStore : IElectionStore
{
    private const int MostLockSessions = 64;

    /// <summary>Connections of the pool that members and ledger of a store with shared sessions use at one time.</summary>
    private const int PooledAtOnce = 4;

    private readonly NpgsqlDataSource? _own;
    private readonly PostgresErrors _errors;
    private readonly PostgresSchema _schema;
    private readonly ConnectionSettings _settings;
    private readonly PooledStatements _pool;
    private readonly Lazy<IPostgresSeats> _seats;
    private readonly StandingMembers _standing;
    private readonly PostgresMembership _membership;
    private readonly PostgresLedger _ledger;
    private readonly PostgresObservation _observation;

    /// <summary>Elections in the database of an Npgsql connection string.</summary>
    /// <param name="connectionString">For example <c>Host=db;Database=app;Username=app;Password=…</c>.</param>
    /// <param name="clock">A clock that goes on while the host is suspended; trust is counted on it.</param>
    /// <exception cref="ArgumentException">The string is no Npgsql connection string.</exception>
    public PostgresStore(string connectionString, TimeProvider clock)
        : this(NpgsqlDataSource.Create(connectionString), clock) => _own = _pool.Source;

    /// <summary>
    /// Elections in the database of an existing data source, which is not disposed with the store. Sessions of the
    /// store's own take over its host, credentials (also from a password provider) and certificate callbacks.
    /// </summary>
    /// <param name="dataSource">Where to find the server.</param>
    /// <param name="clock">A clock that goes on while the host is suspended; trust is counted on it.</param>
    public PostgresStore(NpgsqlDataSource dataSource, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        _errors = new PostgresErrors(dataSource.ConnectionString);
        _schema = new PostgresSchema(dataSource, _errors);
        _settings = new ConnectionSettings(dataSource);
        _pool = new PooledStatements(dataSource, _schema, _errors);
        // What is declared in an initializer is known only after this constructor.
        _seats = new Lazy<IPostgresSeats>(() => SeatsOf(clock));
        _standing = new StandingMembers(clock);
        _membership = new PostgresMembership(_pool, _standing);
        _ledger = new PostgresLedger(_pool);
        _observation = new PostgresObservation(_settings, _schema, _errors, clock);
    }

    /// <summary>
    /// Declares that a pooler between here and the server keeps a server session for as long as the client's (session
    /// mode). Without it any pooler is refused; in transaction mode it is refused always. Default false.
    /// </summary>
    public bool BehindSessionPooler { get; init; }

    /// <summary>
    /// For many elections in one process: the elections of this store share this many sessions (for each lease duration
    /// in use) instead of taking one for each candidacy. 0 to 64; default 0: a session for each candidacy.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Gives: hundreds of elections on a server with default settings, up to 5,000 in one database (a default server has
    /// room for some 12,000 advisory locks, which it shares with all its clients). Besides these sessions there are one
    /// for all who wait, one for each foreign session whose end is waited for (at most four for each session of one's
    /// own; seats of further ones are looked at every retry period), one for all observers, and four of the pool. One
    /// heartbeat renews all seats of a session; the seats of a killed process are taken over together.
    /// </para>
    /// <para>
    /// Costs: elections of one session share its fate, so a lost session is the loss of all its terms, and a heartbeat
    /// may wait for the terms that are being taken. Who waits is served by priority, then node id, 100 ms after each
    /// better one that is dead or frozen. The register of those who wait is the table <c>election_waiters</c>.
    /// </para>
    /// <para>
    /// The locks are the same: processes with and without this setting exclude each other, for the time of a change-over.
    /// As long as some without it wait in the line of a seat, the server serves them first, whatever their priority; the
    /// seats that they hold are looked at every retry period.
    /// </para>
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">Below 0 or above 64.</exception>
    public int LockSessions
    {
        get;
        init
        {
            RefuseLockSessions(value);
            if (value > 0)
                _pool.Bound(PooledAtOnce);
            field = value;
        }
    }

    /// <inheritdoc/>
    public string Kind => "postgres";

    /// <inheritdoc/>
    public ValueTask<Grant> AcquireAsync(Candidacy candidacy, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(candidacy);
        return _seats.Value.AcquireAsync(candidacy, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Lost as soon as the term's session has ended. A caller that cancels leaves the heartbeat under way and the
    /// session unharmed; the next renewal is sent after the server has answered the one before.
    /// </remarks>
    public ValueTask<RenewAnswer> RenewAsync(Term term, TimeSpan leaseDuration, CancellationToken cancellationToken) =>
        _seats.Value.RenewAsync(term, leaseDuration, cancellationToken);

    /// <inheritdoc/>
    public ValueTask ReleaseAsync(Term term, CancellationToken cancellationToken) =>
        _seats.Value.ReleaseAsync(term, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<Sighting> ObserveAsync(string election, CancellationToken cancellationToken) =>
        _observation.ObserveAsync(election, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Member>> HeartbeatAsync(Member self, CancellationToken cancellationToken) =>
        _membership.HeartbeatAsync(self, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Member>> ListAsync(string election, CancellationToken cancellationToken) =>
        _membership.ListAsync(election, cancellationToken);

    /// <inheritdoc/>
    public ValueTask LeaveAsync(string election, CandidateId id, CancellationToken cancellationToken) =>
        _membership.LeaveAsync(election, id, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<int> RemoveStaleAsync(string election, TimeSpan nodeTimeout, CancellationToken cancellationToken) =>
        _membership.RemoveStaleAsync(election, nodeTimeout, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<string, string>> ReadAsync(string election, string prefix, CancellationToken cancellationToken) =>
        _ledger.ReadAsync(election, prefix, cancellationToken);

    /// <inheritdoc/>
    public ValueTask WriteAsync(Term term, string key, string value, CancellationToken cancellationToken) =>
        _ledger.WriteAsync(term, key, value, cancellationToken);

    /// <inheritdoc/>
    public ValueTask AppendAsync(Term term, string log, string entry, int keep, CancellationToken cancellationToken) =>
        _ledger.AppendAsync(term, log, entry, keep, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> ReadLogAsync(string election, string log, CancellationToken cancellationToken) =>
        _ledger.ReadLogAsync(election, log, cancellationToken);

    /// <summary>Ends all waiting, and closes every session and with it every seat; an own data source as well.</summary>
    public async ValueTask DisposeAsync()
    {
        await _seats.Value.DisposeAsync();
        await _observation.DisposeAsync();
        _schema.Dispose();
        _pool.Dispose();
        if (_own is not null)
            await _own.DisposeAsync();
    }

    internal static void RefuseLockSessions(int lockSessions)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lockSessions);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lockSessions, MostLockSessions);
    }

    private IPostgresSeats SeatsOf(TimeProvider clock)
    {
        var poolers = new PoolerCheck(_settings, _errors, BehindSessionPooler);
        // A release does not stand in line behind heartbeats.
        var pool = LockSessions == 0 ? _pool : new PooledStatements(_pool.Source, _schema, _errors);
        var marks = new TermMarks(pool);
        return LockSessions == 0
            ? new PostgresSeats(
                _settings, poolers, _schema, marks, new LineListeners(_standing, _observation, clock), _errors, clock)
            : new SharedSeats(
                LockSessions, new SharedSessions(_settings, poolers, _schema, marks, pool, _errors), _errors, clock, ElectionThreads.OfProcess);
    }
}
