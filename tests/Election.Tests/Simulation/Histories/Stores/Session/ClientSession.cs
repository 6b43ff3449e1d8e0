namespace AspireElection.Tests.Simulation.Histories;

/// <summary>The client's end of the session that waits for a seat and then holds it.</summary>
internal sealed class ClientSession
{
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_slack = TimeSpan.FromSeconds(5);

    private readonly SessionClient _client;
    private readonly SessionServer _server;
    private readonly TimeSpan _grace;

    private ClientSession(SessionClient client, SessionServer server, Candidacy candidacy, int backend)
    {
        _client = client;
        _server = server;
        Backend = backend;
        Lease = candidacy.LeaseDuration;
        var quarter = Lease / 4;
        var most = TimeSpan.FromMilliseconds(250);
        _grace = client.Owner.Mistake == WorldMistake.NoGraceForWaiters ? Lease * 3 : quarter < most ? quarter : most;
    }

    public int Backend { get; }

    public TimeSpan Lease { get; }

    public bool IsOpen { get; private set; } = true;

    /// <summary>Whether the lock was granted since the session last lined up.</summary>
    public bool WasGranted { get; private set; }

    /// <summary>The session has ended, and nobody here closed it.</summary>
    public Action? Ended { get; set; }

    public static async Task<ClientSession> OpenAsync(
        SessionClient client, SessionServer server, Candidacy candidacy, CancellationToken cancellationToken)
    {
        var idle = candidacy.LeaseDuration > s_longestWait ? candidacy.LeaseDuration : s_longestWait;
        var backend = await client.AskBoundedAsync<int>(
            "open a session", answer => answer.Give(server.Open(client, candidacy.Priority, idle)), candidacy.LeaseDuration, cancellationToken);
        return new ClientSession(client, server, candidacy, backend);
    }

    public async Task<bool> LineUpAsync(CancellationToken cancellationToken)
    {
        WasGranted = false;
        return WasGranted = await AskAsync<bool>(
            "line up", answer => _server.LineUp(Backend, _grace, answer), s_longestWait + s_slack, cancellationToken);
    }

    public Task<TakeAnswer> TakeAsync(
        Candidacy candidacy, long alive, long outlasted, IReadOnlyCollection<int> steppedBackFor, long steppedBackAfter, CancellationToken cancellationToken) =>
        AskAsync<TakeAnswer>(
            "take the term", answer => answer.Give(_server.Take(Backend, candidacy, alive, outlasted, steppedBackFor, steppedBackAfter)), Lease, cancellationToken);

    public Task StepBackAsync(CancellationToken cancellationToken) =>
        AskAsync<bool>("step back", answer => answer.Give(_server.StepBack(Backend)), Lease, cancellationToken);

    public Task<bool> BeatAsync(TimeSpan lease, CancellationToken cancellationToken) =>
        AskAsync<bool>("beat", answer => answer.Give(_server.Beat(Backend, lease)), Lease, cancellationToken);

    public Task GiveBackAsync(Term term) =>
        AskAsync<bool>("give back", answer => answer.Give(_server.GiveBack(Backend, term)), TimeSpan.FromSeconds(1), CancellationToken.None);

    public Task MarkAsync(Term term) =>
        AskAsync<bool>("mark", answer => answer.Give(_server.Mark(Backend, term)), TimeSpan.FromSeconds(1), CancellationToken.None);

    /// <summary>It ended, on the server's side or because nothing more is to be expected of it.</summary>
    public void End()
    {
        if (!IsOpen)
            return;
        IsOpen = false;
        Ended?.Invoke();
    }

    /// <summary>Closes it; the server hears of it unless the line is cut.</summary>
    public void Close()
    {
        IsOpen = false;
        _ = CloseAsync();
    }

    public async Task CloseAsync()
    {
        IsOpen = false;
        try
        {
            await _client.AskBoundedAsync<bool>(
                "close the session", answer => answer.Give(_server.Close(Backend)), TimeSpan.FromSeconds(1), CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // The server ends it when it has been silent for long enough.
        }
    }

    private async Task<T> AskAsync<T>(string what, Action<IAnswer<T>> atServer, TimeSpan bound, CancellationToken cancellationToken)
    {
        if (!IsOpen)
            throw new StoreUnavailableException("the session has ended");
        try
        {
            return await _client.AskBoundedAsync(what, atServer, bound, cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            // A statement without an answer leaves no session that could be used.
            if (IsOpen)
                Close();
            throw;
        }
    }
}
