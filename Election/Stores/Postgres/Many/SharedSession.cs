using System.Data;
using AspireElection.Timing;
using Npgsql;

namespace AspireElection.Stores.Postgres.Many;

/// <summary>
/// A session that holds the seats of many elections, with the same locks as a session of one. One statement at a time,
/// and none that can wait.
/// </summary>
internal sealed class SharedSession : ISeatSession
{
    private const string Beat = "SELECT pg_backend_pid(), set_config('idle_session_timeout', $1, false)";

    // Of what failed in the middle, nobody knows how much was locked: unlocking what is not locked only warns.
    private const string TryLock = "SELECT key FROM unnest($1::bigint[]) AS key WHERE pg_try_advisory_lock(key)";
    private const string Unlock = "SELECT count(*) FROM unnest($1::bigint[]) AS key WHERE pg_advisory_unlock(key)";

    private readonly CancellationTokenSource _abort = new();
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlCommand _beat;
    private readonly NpgsqlCommand _tryLock;
    private readonly NpgsqlCommand _unlock;
    private readonly TermsStatement _terms;
    private readonly NpgsqlParameter<string> _idle = new();
    private readonly NpgsqlParameter<long[]> _wanted = new();
    private readonly NpgsqlParameter<long[]> _given = new();
    private TimeSpan _bearsSilence;

    private SharedSession(NpgsqlConnection connection, TimeSpan lease)
    {
        _bearsSilence = lease;
        _connection = connection;
        _beat = new NpgsqlCommand(Beat, connection);
        _beat.Parameters.Add(_idle);
        _tryLock = new NpgsqlCommand(TryLock, connection);
        _tryLock.Parameters.Add(_wanted);
        _unlock = new NpgsqlCommand(Unlock, connection);
        _unlock.Parameters.Add(_given);
        _terms = new TermsStatement(connection);
    }

    public SessionPresence Identity { get; private set; }

    public bool IsOpen => _connection.State == ConnectionState.Open;

    private CancellationToken Aborted => _abort.Token;

    /// <summary>Opens the session, ready to take: everything was run once, so that taking costs two round trips.</summary>
    public static async Task<SharedSession> OpenAsync(
        ConnectionSettings settings, PoolerCheck poolers, PostgresErrors errors, TimeSpan lease, CancellationToken cancellationToken)
    {
        var session = new SharedSession(await settings.OpenAsync(lease, lease, cancellationToken), lease);
        try
        {
            await poolers.BackendAsync(session._connection, cancellationToken);
            await SharedSettings.RefuseUnfitAsync(session._connection, errors, cancellationToken);
            // After a crash, or on a promoted standby, the unlogged table is empty: whoever comes first leaves a new mark.
            await using (var mark = new NpgsqlCommand("INSERT INTO election_marker DEFAULT VALUES ON CONFLICT DO NOTHING", session._connection))
                await mark.ExecuteNonQueryAsync(cancellationToken);
            await SharedSettings.ApplyAsync(session._connection, SharedSettings.OfSeats(lease), cancellationToken);
            session.Identity = await SessionPresence.TakeAsync(session._connection, cancellationToken);
            await session.RehearseAsync(lease, cancellationToken);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    public async Task<bool> BeatAsync(TimeSpan lease)
    {
        if (lease > _bearsSilence)
            await BearSilenceAsync(lease);
        _idle.TypedValue = LockSession.Milliseconds(lease);
        try
        {
            return (int)(await _beat.ExecuteScalarAsync(Aborted))! == Identity.Backend;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InvalidSqlStatementName)
        {
            // Only another backend can have forgotten what was prepared.
            return false;
        }
    }

    public async Task<HashSet<long>> TryLockAsync(long[] keys)
    {
        _wanted.TypedValue = keys;
        var granted = new HashSet<long>(keys.Length);
        await using var reader = await _tryLock.ExecuteReaderAsync(Aborted);
        while (await reader.ReadAsync(Aborted))
            granted.Add(reader.GetInt64(0));
        return granted;
    }

    public Task<List<TermAnswer?>> TakeAsync(IReadOnlyList<TermWish> wishes) => _terms.TakeAsync(wishes, Aborted);

    public async Task UnlockAsync(long[] keys)
    {
        _given.TypedValue = keys;
        await _unlock.ExecuteNonQueryAsync(Aborted);
    }

    /// <remarks>A read is pending meanwhile, so that the end of the session is noticed at once.</remarks>
    public async Task IdleAsync(Task told, TimeSpan left, TimeProvider clock)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Aborted);
        var due = Task.Delay(left.ForTimer(), clock, enough.Token);
        var ended = ReadUntilAsync(enough.Token);
        await Task.WhenAny(told, due, ended);
        await enough.CancelAsync();
        await ended;
    }

    public void Abort() => _ = _abort.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        await _beat.DisposeAsync();
        await _tryLock.DisposeAsync();
        await _unlock.DisposeAsync();
        await _terms.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private async Task ReadUntilAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _connection.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (!Aborted.IsCancellationRequested)
        {
            // Only the read was cancelled; the session is as it was.
        }
    }

    /// <summary>Before the lease becomes longer: the system would end a session whose leaders still trust in it.</summary>
    private async Task BearSilenceAsync(TimeSpan lease)
    {
        await SharedSettings.BearSilenceAsync(_connection, lease, Aborted);
        _beat.CommandTimeout = ConnectionSettings.WholeSeconds(lease);
        _bearsSilence = lease;
    }

    private async Task RehearseAsync(TimeSpan lease, CancellationToken cancellationToken)
    {
        _idle.TypedValue = LockSession.Milliseconds(lease);
        _wanted.TypedValue = _given.TypedValue = [];
        await _beat.PrepareAsync(cancellationToken);
        await _tryLock.PrepareAsync(cancellationToken);
        await _unlock.PrepareAsync(cancellationToken);
        await _terms.PrepareAsync(cancellationToken);
        await BeatAsync(lease);
        await TryLockAsync([]);
        await UnlockAsync([]);
    }
}
