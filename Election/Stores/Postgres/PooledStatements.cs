using Npgsql;

namespace AspireElection.Stores.Postgres;

/// <summary>Everything that is not the seat itself goes through the pool: members, ledger, the mark of a release.</summary>
internal sealed class PooledStatements(NpgsqlDataSource source, PostgresSchema schema, PostgresErrors errors) : IDisposable
{
    private SemaphoreSlim? _few;

    public NpgsqlDataSource Source => source;

    /// <summary>Runs at most so many at once: hundreds of elections must not take a connection each for their heartbeats.</summary>
    public void Bound(int atOnce) => _few = new SemaphoreSlim(atOnce);

    public async ValueTask<T> RunAsync<T>(
        Func<NpgsqlConnection, CancellationToken, Task<T>> statements, CancellationToken cancellationToken)
    {
        try
        {
            return await OnceAsync(statements, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            schema.Forget();
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.IdleSessionTimeout)
        {
            // The server had ended this session of the pool, because the user's role bears little silence: nothing was done.
        }
        catch (Exception exception) when (PostgresErrors.AreOfServer(exception))
        {
            throw errors.Unavailable(exception);
        }

        try
        {
            return await OnceAsync(statements, cancellationToken);
        }
        catch (Exception exception) when (PostgresErrors.AreOfServer(exception))
        {
            throw errors.Unavailable(exception);
        }
    }

    public void Dispose() => _few?.Dispose();

    private async Task<T> OnceAsync<T>(
        Func<NpgsqlConnection, CancellationToken, Task<T>> statements, CancellationToken cancellationToken)
    {
        if (_few is null)
            return await RunNowAsync(statements, cancellationToken);
        await _few.WaitAsync(cancellationToken);
        try
        {
            return await RunNowAsync(statements, cancellationToken);
        }
        finally
        {
            _few.Release();
        }
    }

    private async Task<T> RunNowAsync<T>(
        Func<NpgsqlConnection, CancellationToken, Task<T>> statements, CancellationToken cancellationToken)
    {
        await schema.EnsureAsync(cancellationToken);
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        return await statements(connection, cancellationToken);
    }
}
