using System.Runtime.CompilerServices;
using AspireElection.Timing;
using Npgsql;

namespace AspireElection.Stores.Postgres;

/// <summary>
/// One listening session for all observers of a store. Changes of the seat are told by NOTIFY; behind it is a poll,
/// which sees a leader whose session ended without a successor.
/// </summary>
internal sealed class PostgresObservation(
    ConnectionSettings settings, PostgresSchema schema, PostgresErrors errors, TimeProvider clock) : IAsyncDisposable
{
    /// <summary>The channel; its payload is the election's name.</summary>
    public const string Channel = "aspire_election";

    private static readonly TimeSpan LongestPoll = LockSession.LongestWait;
    private static readonly TimeSpan ShortestPoll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, SeatWatchers> _watchers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _toldUntil = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _closing = new();
    private CancellationTokenSource _pause = new();
    private Task _line = Task.CompletedTask;
    private bool _listening;
    private bool _closed;

    public async IAsyncEnumerable<Sighting> ObserveAsync(
        string election, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (watchers, subscription) = Join(election);
        try
        {
            await foreach (var sighting in subscription.ReadAsync(cancellationToken))
                yield return sighting;
        }
        finally
        {
            Leave(election, watchers, subscription);
        }
    }

    /// <summary>
    /// What a session that waits in line has seen; it will look again within <see cref="LongestPoll"/>. Of a seat that is
    /// free it says nothing: it is about to be granted that seat.
    /// </summary>
    public void Told((string Election, Sighting Sighting, TimeSpan? Lease) seen)
    {
        if (seen.Sighting.Leader is null || seen.Lease < LongestPoll)
            return;
        lock (_gate)
        {
            if (!_watchers.TryGetValue(seen.Election, out var watchers))
                return;
            watchers.Tell(seen.Sighting);
            _toldUntil[seen.Election] = clock.After(LongestPoll * 1.2);
        }
    }

    /// <summary>Ends all observations.</summary>
    public async ValueTask DisposeAsync()
    {
        Task line;
        lock (_gate)
        {
            _closed = true;
            LoseAll(new ObjectDisposedException(nameof(PostgresStore)));
            EndPause();
            line = _line;
        }

        // A line that is just being opened at a server that stands still has no other end than the user's own time-outs. To cancel a
        // statement, the client asks the server, which may not answer that either.
        _ = _closing.CancelAsync();
        try
        {
            await line.WaitAsync(CloseLimit, clock);
        }
        catch (TimeoutException)
        {
            // It holds nothing that anybody waits for.
        }
    }

    private (SeatWatchers Watchers, Subscription<Sighting> Subscription) Join(string election)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(PostgresStore));
            if (!_watchers.TryGetValue(election, out var watchers))
                _watchers[election] = watchers = new SeatWatchers(election);
            var subscription = watchers.Join();
            EndPause();
            if (!_listening)
            {
                _listening = true;
                _line = Task.Run(RunAsync);
            }

            return (watchers, subscription);
        }
    }

    private void Leave(string election, SeatWatchers watchers, Subscription<Sighting> subscription)
    {
        lock (_gate)
        {
            watchers.Leave(subscription);
            // After the line was lost others may observe the same election anew.
            if (!watchers.IsEmpty || _watchers.GetValueOrDefault(election) != watchers)
                return;
            _watchers.Remove(election);
            _toldUntil.Remove(election);
            if (_watchers.Count == 0)
                EndPause();
        }
    }

    private async Task RunAsync()
    {
        try
        {
            await schema.EnsureAsync(_closing.Token);
            await using var connection = await settings.OpenAsync(LongestPoll, Answer, _closing.Token);
            var told = new HashSet<string>(StringComparer.Ordinal);
            connection.Notification += (_, notification) => told.Add(notification.Payload);
            await ListenAsync(connection, _closing.Token);
            var pollAt = clock.GetTimestamp();
            while (true)
            {
                var due = clock.Until(pollAt) == TimeSpan.Zero;
                if (Wanted(due, told) is not { } elections)
                    break;
                told.Clear();
                var next = elections.Length > 0
                    ? Publish(await SeatQuery.ReadAsync(connection, elections, clock, _closing.Token))
                    : clock.After(LongestPoll);
                pollAt = Math.Min(next, due ? NextUntold() : pollAt);
                await PauseAsync(connection, clock.Until(pollAt), told);
            }
        }
        catch (Exception exception)
        {
            // Whatever ended the line: its watchers must not wait for ever.
            if (exception is PostgresException { SqlState: PostgresErrorCodes.UndefinedTable })
                schema.Forget();
            lock (_gate)
            {
                _listening = false;
                LoseAll(errors.Unavailable(exception));
            }
        }
    }

    private static async Task ListenAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var listen = new NpgsqlCommand(
            $"SET application_name = '{LockSession.Name} observer'; SET idle_session_timeout = 0; LISTEN {Channel}", connection);
        await listen.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The elections to look at now; null ends the line, because nobody observes any more.</summary>
    private string[]? Wanted(bool all, HashSet<string> told)
    {
        lock (_gate)
        {
            if (_watchers.Count == 0)
            {
                _listening = false;
                return null;
            }

            if (_pause.IsCancellationRequested)
                _pause = new CancellationTokenSource();
            return [.. _watchers.Where(w => (all && !IsTold(w.Key)) || w.Value.IsAsked || told.Contains(w.Key)).Select(w => w.Key)];
        }
    }

    /// <summary>Whether a session in line looks after it, so that a poll would only cost.</summary>
    private bool IsTold(string election) => _toldUntil.TryGetValue(election, out var until) && clock.Until(until) > TimeSpan.Zero;

    /// <summary>When the first election may be looked after no more.</summary>
    private long NextUntold()
    {
        lock (_gate)
            return _toldUntil.Values.Where(until => clock.Until(until) > TimeSpan.Zero).DefaultIfEmpty(long.MaxValue).Min();
    }

    /// <summary>Tells the watchers, and answers when to look again at the latest.</summary>
    private long Publish(List<(string Election, Sighting Sighting, TimeSpan? Lease)> seen)
    {
        var poll = LongestPoll;
        lock (_gate)
        {
            foreach (var (election, sighting, lease) in seen)
            {
                if (lease is { } last && last / 2 < poll)
                    poll = last / 2;
                if (_watchers.TryGetValue(election, out var watchers))
                    watchers.Tell(sighting);
            }
        }

        return clock.After(poll < ShortestPoll ? ShortestPoll : poll);
    }

    /// <summary>Waits until something is told, somebody begins or ends observing, or it is time to look again.</summary>
    private async Task PauseAsync(NpgsqlConnection connection, TimeSpan left, HashSet<string> told)
    {
        if (told.Count > 0 || left == TimeSpan.Zero)
            return;
        try
        {
            await connection.WaitAsync(left.ForTimer(), _pause.Token);
        }
        catch (OperationCanceledException)
        {
            // Only the read was cancelled; the session is as it was.
        }
    }

    /// <summary>Cancelling may run what follows at once: not here, inside the lock.</summary>
    private void EndPause() => _ = _pause.CancelAsync();

    private void LoseAll(Exception reason)
    {
        foreach (var watchers in _watchers.Values)
            watchers.Lose(reason);
        _watchers.Clear();
    }
}
