using System.Data;
using System.Globalization;
using Npgsql;

namespace AspireElection.Stores.Postgres;

/// <summary>
/// The session that waits for a seat and then holds it. The server ends it when it falls silent, and with it goes the
/// advisory lock: that is the lease. While it waits it may say more (<see cref="LineNews"/>); once it holds the seat it
/// does nothing else.
/// </summary>
internal sealed class LockSession : IAsyncDisposable
{
    /// <summary>How <c>pg_stat_activity</c> tells other waiters the priority of this one: gone with the session.</summary>
    public const string Name = "AspireElection";

    private const int OldestServer = 14;

    /// <summary>A waiting statement holds back vacuum, so none waits for longer; then it queues again.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);

    // All in one statement: when the wait ends without the lock, its transaction takes the settings back, so the
    // short idle time-out holds for a session that was granted the lock and for no other.
    private const string Wait = """
        SELECT set_config('idle_session_timeout', $2, false), set_config('statement_timeout', $3, false), pg_advisory_lock($1)
        """;

    private const string Relax = """
        SELECT pg_advisory_unlock_all(), set_config('idle_session_timeout', $1, false), set_config('statement_timeout', '0', false)
        """;

    private const string Beat = "SELECT pg_backend_pid(), set_config('idle_session_timeout', $1, false)";

    // A candidate that is frozen meanwhile must not keep the tables from being changed, nor a user's own limit end it.
    private const string RehearsalBegins = "BEGIN; SET LOCAL lock_timeout = '100ms'; SET LOCAL idle_in_transaction_session_timeout = '10s'";

    private readonly CancellationTokenSource _abort = new();
    private readonly NpgsqlCommand _wait;
    private readonly NpgsqlCommand _beat;
    private readonly ReleaseStatement _release;
    private readonly string _idle;
    private readonly string _grace;
    private int _backend;
    private LineNews? _news;
    private bool _newsFailed;
    private TimeSpan _bearsSilence;

    private LockSession(NpgsqlConnection connection, Candidacy candidacy)
    {
        Connection = connection;
        Lease = _bearsSilence = candidacy.LeaseDuration;
        Election = candidacy.Election;
        _grace = Milliseconds(TimeSpan.FromMilliseconds(Math.Min(Lease.TotalMilliseconds / 4, 250)));
        _idle = Milliseconds(Lease > LongestWait ? Lease : LongestWait);
        _wait = new NpgsqlCommand(Wait, connection) { CommandTimeout = ConnectionSettings.WholeSeconds(LongestWait + Slack) };
        _wait.Parameters.With(SeatKey.Of(Election)).With(_grace).With(Milliseconds(Lease / 2));
        _beat = new NpgsqlCommand(Beat, connection);
        _beat.Parameters.With(Milliseconds(Lease));
        Term = new TermStatement(this, candidacy);
        _release = new ReleaseStatement(connection);
    }

    public NpgsqlConnection Connection { get; }

    public string Election { get; }

    public TimeSpan Lease { get; }

    public TermStatement Term { get; }

    /// <summary>Whether the lock was granted since the session last lined up.</summary>
    public bool WasGranted { get; private set; }

    public bool IsOpen => Connection.State == ConnectionState.Open;

    /// <summary>Cancelled by <see cref="Abort"/>.</summary>
    public CancellationToken Aborted => _abort.Token;

    /// <summary>Opens the session, ready to wait: everything prepared, so that a grant costs one round trip.</summary>
    public static async Task<LockSession> OpenAsync(
        ConnectionSettings settings, PoolerCheck poolers, PostgresErrors errors, Candidacy candidacy, LineListeners? listeners,
        CancellationToken cancellationToken)
    {
        var connection = await settings.OpenAsync(candidacy.LeaseDuration, candidacy.LeaseDuration, cancellationToken);
        var session = new LockSession(connection, candidacy);
        try
        {
            session._backend = await poolers.BackendAsync(connection, cancellationToken);
            await session.RefuseUnfitAsync(errors, cancellationToken);
            await session.SetUpAsync(candidacy, cancellationToken);
            await session._wait.PrepareAsync(cancellationToken);
            await session._beat.PrepareAsync(cancellationToken);
            await session.Term.PrepareAsync(cancellationToken);
            await session._release.PrepareAsync(cancellationToken);
            if (listeners is not null && session.Lease >= LongestWait)
                session._news = session.NewsOf(candidacy, listeners);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits in line inside the server; false when it has to queue again.</summary>
    public Task<bool> LineUpAsync()
    {
        var say = _newsFailed ? null : _news?.Due;
        _newsFailed = false;
        return LineUpAsync(SeatKey.Of(Election), _grace, say);
    }

    /// <summary>
    /// Goes through a turn for a seat that nobody else asks for, up to the unlock, in a transaction that is taken back: no
    /// row is left, nobody sees one, and it waits for nobody.
    /// </summary>
    /// <param name="incarnation">Whose rehearsal it is.</param>
    /// <param name="take">Takes the term.</param>
    public async Task RehearseAsync(string incarnation, Func<Task> take)
    {
        var key = SeatKey.OfRehearsal(incarnation);
        // Without a grace, which compiling might exceed.
        await LineUpAsync(key, _idle, null);
        if (_news?.Due is { } say)
            await LineUpAsync(key, _idle, say);
        await RunAsync(RehearsalBegins);
        try
        {
            Term.Of($"{Name} rehearsal {incarnation}", key);
            // The first of an election, and one after another.
            await take();
            await take();
            await _release.UnlockAsync(0, Aborted);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            // Somebody keeps the table locked: the first turn will take some milliseconds more.
        }

        Term.Of(Election, SeatKey.Of(Election));
        await RunAsync("ROLLBACK");
        await StepBackAsync();
    }

    /// <summary>Gives the lock back, for a better candidate that waits behind.</summary>
    public async Task StepBackAsync()
    {
        await using var relax = new NpgsqlCommand(Relax, Connection);
        relax.Parameters.With(_idle);
        await relax.ExecuteNonQueryAsync(Aborted);
    }

    /// <summary>
    /// A statement that cannot block: a session that waits for a row lock counts as busy, and the server would not end
    /// it. False when another backend answered, one that does not hold the lock.
    /// </summary>
    public async Task<bool> BeatAsync(TimeSpan lease)
    {
        if (lease > _bearsSilence)
            await BearSilenceAsync(lease);
        _beat.Parameters[0].Value = Milliseconds(lease);
        try
        {
            return (int)(await _beat.ExecuteScalarAsync(Aborted))! == _backend;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InvalidSqlStatementName)
        {
            // Only another backend can have forgotten what was prepared.
            return false;
        }
    }

    /// <summary>Gives the lock back, and says of which term until it is closed; it is of no other use after it.</summary>
    public Task GiveBackAsync(Term term) => _release.UnlockAsync(term.Token, Aborted);

    /// <summary>Marks the term as given back, for those who come when this session is closed.</summary>
    public Task MarkAsync(Term term) => ReleaseStatement.MarkAsync(Connection, term, Aborted);

    /// <summary>
    /// Ends whatever is under way, and with it the session. Cancelling asks the server over a second connection, which
    /// may block where it hangs: never on the caller's thread.
    /// </summary>
    public void Abort() => _ = _abort.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        await _wait.DisposeAsync();
        if (_news is not null)
            await _news.DisposeAsync();
        await _beat.DisposeAsync();
        await Term.DisposeAsync();
        await _release.DisposeAsync();
        await Connection.DisposeAsync();
    }

    public static string Milliseconds(TimeSpan duration) =>
        Math.Max(1, (long)duration.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);

    private async Task<bool> LineUpAsync(long key, string idle, Member? say)
    {
        WasGranted = false;
        foreach (var parameters in (NpgsqlParameterCollection?[])[_wait.Parameters, _news?.Wait.Parameters])
        {
            if (parameters is not null)
                (parameters[0].Value, parameters[1].Value) = (key, idle);
        }

        try
        {
            if (say is null)
                await _wait.ExecuteNonQueryAsync(Aborted);
            else
                await _news!.WaitAsync(say, Aborted);
            return WasGranted = true;
        }
        catch (PostgresException exception) when (
            exception.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled &&
            (say is null || _news!.IsSaid))
        {
            return false;
        }
        catch (NpgsqlException exception) when (
            say is not null && !_news!.IsSaid && IsOpen && exception is PostgresException or { InnerException: AggregateException })
        {
            // What was to be said or heard failed, and the lock may have been granted all the same: again, and plainly.
            _newsFailed = true;
            await StepBackAsync();
            return false;
        }
    }

    private async Task RunAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, Connection);
        await command.ExecuteNonQueryAsync(Aborted);
    }

    private LineNews NewsOf(Candidacy candidacy, LineListeners listeners)
    {
        var wait = new NpgsqlBatchCommand(Wait);
        wait.Parameters.With(SeatKey.Of(Election)).With(_grace).With(Milliseconds(Lease / 2));
        return new LineNews(Connection, candidacy, listeners, wait, LongestWait + Slack);
    }

    private async Task RefuseUnfitAsync(PostgresErrors errors, CancellationToken cancellationToken)
    {
        // Older servers know no idle_session_timeout: a frozen leader would keep its seat for ever.
        if (Connection.PostgreSqlVersion.Major < OldestServer)
            throw errors.Unfit($"it is version {Connection.PostgreSqlVersion}; version {OldestServer} or newer is needed");
        await using var command = new NpgsqlCommand("SELECT pg_is_in_recovery()", Connection);
        if ((bool)(await command.ExecuteScalarAsync(cancellationToken))!)
            throw errors.Unfit("it is a standby, which hands out locks that the primary knows nothing of; connect to the primary");
    }

    /// <summary>Before the lease becomes longer: the system would end the session of a leader that still trusts in it.</summary>
    private async Task BearSilenceAsync(TimeSpan lease)
    {
        await using var batch = new NpgsqlBatch(Connection);
        batch.BatchCommands.Add(SessionSettings.BearingSilence(lease));
        await batch.ExecuteNonQueryAsync(Aborted);
        _beat.CommandTimeout = ConnectionSettings.WholeSeconds(lease);
        _bearsSilence = lease;
    }

    private async Task SetUpAsync(Candidacy candidacy, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(Connection);
        // After a crash, or on a promoted standby, the unlogged table is empty: whoever comes first leaves a new mark.
        batch.BatchCommands.Add(new NpgsqlBatchCommand("INSERT INTO election_marker DEFAULT VALUES ON CONFLICT DO NOTHING"));
        batch.BatchCommands.Add(SessionSettings.Of(candidacy, _idle, Milliseconds(LongestWait)));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
