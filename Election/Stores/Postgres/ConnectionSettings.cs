using Npgsql;

namespace AspireElection.Stores.Postgres;

/// <summary>
/// Sessions outside the pool. A pooled session could be handed out while it holds the seat, and what the user's
/// string may ask for (keep-alive statements, multiplexing) would keep a frozen leader's session alive at the server.
/// </summary>
internal sealed class ConnectionSettings(NpgsqlDataSource source)
{
    /// <summary>Opens a session with the user's host, credentials and certificates, and settings of its own.</summary>
    /// <param name="silence">For how long the line may be silent before the system looks whether it is up.</param>
    /// <param name="answer">The longest wait for an answer; a statement may set another one.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    public async Task<NpgsqlConnection> OpenAsync(TimeSpan silence, TimeSpan answer, CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder(source.ConnectionString)
        {
            Pooling = false,
            Multiplexing = false,
            Enlist = false,
            KeepAlive = 0,
            // Never sooner than a lease, or the system would end a session whose leader still trusts in it.
            TcpKeepAlive = true,
            TcpKeepAliveTime = WholeSeconds(silence),
            TcpKeepAliveInterval = WholeSeconds(silence / 3),
            CommandTimeout = WholeSeconds(answer),
            // A cancelled statement ends its session at once: nobody waits for the answer of a server that may hang.
            CancellationTimeout = -1,
            MaxAutoPrepare = 0,
        };
        await using var template = source.CreateConnection();
        // Cloning hands the password over that the data source hides in its connection string.
        var connection = await template.CloneWithAsync(settings.ConnectionString, cancellationToken);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Rounded up, at least one second: servers and clients count these in whole seconds.</summary>
    public static int WholeSeconds(TimeSpan duration) => Math.Max(1, (int)Math.Ceiling(duration.TotalSeconds));
}
