using Npgsql;

namespace AspireElection.Stores.Postgres;

/// <summary>
/// A pooler in between may hand the locked server session to somebody else. One that keeps a server session for as
/// long as the client's is fit, but only people know that it does.
/// </summary>
internal sealed class PoolerCheck(ConnectionSettings settings, PostgresErrors errors, bool sessionModeDeclared)
{
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(10);

    private const int Looks = 3;

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

        try
        {
            if (await KeepsSessionAsync(connection, backend, cancellationToken))
                return backend;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.ProtocolViolation)
        {
            // Statement mode refuses transactions.
        }

        throw errors.Unfit("the pooler keeps no session for its client, and so no lock; connect to the server itself, or set pool_mode to session");
    }

    /// <summary>
    /// In transaction mode our server session is free again by now: the next transaction is given the same one, or where
    /// somebody else was quicker or the pooler takes them in turn, our own next statements are given another.
    /// </summary>
    private async Task<bool> KeepsSessionAsync(NpgsqlConnection connection, int backend, CancellationToken cancellationToken)
    {
        await using var second = await settings.OpenAsync(Answer, Answer, cancellationToken);
        await using var transaction = await second.BeginTransactionAsync(cancellationToken);
        if (await BackendOfAsync(second, cancellationToken) == backend)
            return false;
        for (var look = 0; look < Looks; look++)
        {
            if (await BackendOfAsync(connection, cancellationToken) != backend)
                return false;
        }

        return true;
    }

    private static async Task<int> BackendOfAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_backend_pid()", connection);
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
