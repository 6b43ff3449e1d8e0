using AspireElection.Timing;

namespace AspireElection.Stores.Postgres.Many;

/// <summary>
/// Waits inside the server for the end of sessions that hold seats: one wait for each such session, whatever the number
/// of its seats. Of more sessions than may be watched, the seats of the others are looked at now and then.
/// </summary>
internal sealed class SessionWatches(
    ISharedSessions server, ElectionThreads threads, int most, Func<SessionPresence, bool> isWanted, Action<SessionPresence> ended,
    Action<SessionPresence> failed)
    : IAsyncDisposable
{
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
            _watches.Add(presence, RunAsync(presence));
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
            // Whoever asked for it holds locks.
            await threads.OffTheCallerAsync();
            await using var watch = await server.OpenWatchAsync(presence, _closing.Token);
            while (isWanted(presence))
            {
                if (!await watch.HasEndedAsync(_closing.Token))
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
}
