using Npgsql;

namespace AspireElection.Stores.Postgres.Many;

/// <summary>The session of all those in a store who wait: it is told of changes, looks at seats, and keeps the register.</summary>
internal sealed class WaiterSession : IWaiterSession
{
    /// <summary>Longer than it is ever silent while its process runs.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(5);

    private readonly NpgsqlConnection _connection;
    private readonly SeatSurvey _survey;
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private SessionPresence _presence;

    private WaiterSession(NpgsqlConnection connection)
    {
        _connection = connection;
        _survey = new SeatSurvey(connection);
        connection.Notification += (_, told) => _told.Add(told.Payload);
    }

    public static async Task<WaiterSession> OpenAsync(
        ConnectionSettings settings, PoolerCheck poolers, PostgresErrors errors, CancellationToken cancellationToken)
    {
        var session = new WaiterSession(await settings.OpenAsync(LongestSilence, Answer, cancellationToken));
        try
        {
            await poolers.BackendAsync(session._connection, cancellationToken);
            await SharedSettings.RefuseUnfitAsync(session._connection, errors, cancellationToken);
            await SharedSettings.ApplyAsync(session._connection, SharedSettings.OfWaiters(LongestSilence), cancellationToken);
            session._presence = await SessionPresence.TakeAsync(session._connection, cancellationToken);
            await WaiterRegister.EnsureAsync(session._connection, cancellationToken);
            await using (var listen = new NpgsqlCommand($"LISTEN {PostgresObservation.Channel}", session._connection))
                await listen.ExecuteNonQueryAsync(cancellationToken);
            await session._survey.PrepareAsync(cancellationToken);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    public string[] NextTold()
    {
        string[] told = [.. _told];
        _told.Clear();
        return told;
    }

    public Task<List<SeatView>> LookAsync(IReadOnlyList<Stand> stands) => _survey.LookAsync(stands);

    public Task JoinAsync(List<Candidacy> waiting) => WaiterRegister.JoinAsync(_connection, _presence, waiting);

    public Task LeaveAsync(List<Candidacy> leaving) => WaiterRegister.LeaveAsync(_connection, _presence, leaving);

    public async Task PauseAsync(TimeSpan left, Task told, TimeProvider clock)
    {
        if (_told.Count > 0 || told.IsCompleted || left <= TimeSpan.Zero)
            return;
        using var enough = new CancellationTokenSource();
        var due = Task.Delay(left, clock, enough.Token);
        var read = _connection.WaitAsync(enough.Token);
        await Task.WhenAny(told, due, read);
        await enough.CancelAsync();
        try
        {
            await read;
        }
        catch (OperationCanceledException)
        {
            // Only the read was cancelled; the session is as it was.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _survey.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
