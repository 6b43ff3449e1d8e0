using Npgsql;

namespace AspireElection.Stores.Postgres.Many;

/// <summary>
/// Waits inside the server for the end of sessions that hold seats: one wait for each such session, whatever the number
/// of its seats. Of more sessions than may be watched, the seats of the others are looked at now and then.
/// </summary>
internal sealed class SessionWatches(
    ConnectionSettings settings, int most, Func<SessionPresence, bool> isWanted, Action<SessionPresence> ended, Action<SessionPresence> failed)
    : IAsyncDisposable
{
    /// <summary>A waiting statement holds back vacuum, so none waits for longer; then it waits again.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);

    // Shared, so that all watchers are granted it at once; gone with the statement, so that nothing is to be given back.
    private const string Wait = "SELECT pg_advisory_xact_lock_shared($1, $2)";

    private readonly Lock _gate = new();
    private readonly Dictionary<SessionPresence, Task> _watches = [];
    private readonly CancellationTokenSource _closing = new();

    /// <summary>Watches the session from now on; false when too many are watched already.</summary>
    public bool Watch(SessionPresence presence)
    {
        lock (_gate)
        {
            if (_watches.ContainsKey(presence))
                return true;
            if (_watches.Count >= most || _closing.IsCancellationRequested)
                return false;
            _watches.Add(presence, Task.Run(() => RunAsync(presence)));
            return true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task[] watches;
        await _closing.CancelAsync();
        lock (_gate)
            watches = [.. _watches.Values];
        await Task.WhenAll(watches);
    }

    private async Task RunAsync(SessionPresence presence)
    {
        var tell = failed;
        try
        {
            await using var connection = await settings.OpenAsync(LongestWait, LongestWait + Slack, _closing.Token);
            await SharedSettings.ApplyAsync(connection, SharedSettings.OfWatch(LongestWait), _closing.Token);
            await using var wait = new NpgsqlCommand(Wait, connection);
            wait.Parameters.With(SessionPresence.Class).With(presence.Key);
            while (isWanted(presence))
            {
                if (!await HasEndedAsync(wait))
                    continue;
                tell = ended;
                break;
            }
        }
        catch (Exception exception) when (PostgresErrors.AreOfServer(exception) || exception is OperationCanceledException)
        {
            // Without the wait, who is interested looks by itself, and asks for another one then.
        }
        finally
        {
            lock (_gate)
                _watches.Remove(presence);
            tell(presence);
        }
    }

    private async Task<bool> HasEndedAsync(NpgsqlCommand wait)
    {
        try
        {
            await wait.ExecuteNonQueryAsync(_closing.Token);
            return true;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return false;
        }
    }
}
