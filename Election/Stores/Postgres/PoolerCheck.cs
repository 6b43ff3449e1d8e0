using Npgsql;

namespace AspireElection.Stores.Postgres;

/// <summary>
/// A pooler in between may hand the locked server session to somebody else. One that keeps a server session for as
/// long as the client's is fit, but only people know that it does.
/// </summary>
internal sealed class PoolerCheck(ConnectionSettings settings, PostgresErrors errors, bool sessionModeDeclared)
{
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(10);

    /// <summary>The backend that serves the connection, and will go on serving it.</summary>
    public async Task<int> BackendAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var backend = await BackendOfAsync(connection, cancellationToken);
        if (backend == connection.ProcessID)
            return backend;
        if (!sessionModeDeclared)
        {
            throw errors.Unfit(
                $"a pooler is in between (it says process {connection.ProcessID}, the server says {backend}); " +
                "connect to the server itself, or declare that the pooler runs in session mode (BehindSessionPooler)");
        }

        // In transaction mode our server session is free again by now, and the next transaction is given the same one.
        await using var second = await settings.OpenAsync(Answer, Answer, cancellationToken);
        await using var transaction = await second.BeginTransactionAsync(cancellationToken);
        if (await BackendOfAsync(second, cancellationToken) == backend)
            throw errors.Unfit("the pooler runs in transaction mode, which keeps no lock; connect to the server itself, or set session mode");
        return backend;
    }

    private static async Task<int> BackendOfAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_backend_pid()", connection);
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
