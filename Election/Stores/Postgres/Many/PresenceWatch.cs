using Npgsql;

namespace AspireElection.Stores.Postgres.Many;

/// <summary>A session that waits inside the server for the end of another one.</summary>
internal sealed class PresenceWatch : ISessionWatch
{
    /// <summary>A waiting statement holds back vacuum, so none waits for longer; then it waits again.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);

    // Shared, so that all watchers are granted it at once; gone with the statement, so that nothing is to be given back.
    private const string Wait = "SELECT pg_advisory_xact_lock_shared($1, $2)";

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlCommand _wait;

    private PresenceWatch(NpgsqlConnection connection, SessionPresence presence)
    {
        _connection = connection;
        _wait = new NpgsqlCommand(Wait, connection);
        _wait.Parameters.With(SessionPresence.Class).With(presence.Key);
    }

    public static async Task<PresenceWatch> OpenAsync(
        ConnectionSettings settings, SessionPresence presence, CancellationToken cancellationToken)
    {
        var watch = new PresenceWatch(await settings.OpenAsync(LongestWait, LongestWait + Slack, cancellationToken), presence);
        try
        {
            await SharedSettings.ApplyAsync(watch._connection, SharedSettings.OfWatch(LongestWait), cancellationToken);
            return watch;
        }
        catch
        {
            await watch.DisposeAsync();
            throw;
        }
    }

    public async Task<bool> HasEndedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _wait.ExecuteNonQueryAsync(cancellationToken);
            return true;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _wait.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
