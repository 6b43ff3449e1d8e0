using AspireElection.Timing;
using Npgsql;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>The client's end of a session: it says of failures what Npgsql says, and is told of the end at once while it waits.</summary>
internal abstract class ClientEnd(SharedClient client, SharedServer server, Backend backend, TimeSpan answer) : IAsyncDisposable
{
    private TaskCompletionSource? _waiting;

    public bool IsOpen { get; private set; } = true;

    public int Pid => backend.Pid;

    protected Backend Backend => backend;

    protected SharedServer Server => server;

    /// <summary>It has ended, on the server's side or because nothing more is to be expected of it.</summary>
    public void End()
    {
        IsOpen = false;
        Ring();
    }

    public ValueTask DisposeAsync()
    {
        End();
        client.Close(this, backend);
        return ValueTask.CompletedTask;
    }

    protected void Ring() => _waiting?.TrySetResult();

    protected async Task WaitAsync(Task told, TimeSpan left, TimeProvider clock)
    {
        if (IsOpen && !told.IsCompleted && left > TimeSpan.Zero)
        {
            var waiting = _waiting = new TaskCompletionSource();
            await using var timer = clock.CreateTimer(
                static set => ((TaskCompletionSource)set!).TrySetResult(), waiting, left.ForTimer(), Timeout.InfiniteTimeSpan);
            _ = RingAfterAsync(told, waiting);
            await waiting.Task;
        }

        if (!IsOpen)
            throw new NpgsqlException("the server ended the session");
    }

    protected Task<T> AskAsync<T>(string what, TimeSpan limit, Func<double, T> statement) =>
        AskAsync<T>(what, given => server.Run(backend, limit, given, statement));

    protected async Task<T> AskAsync<T>(string what, Action<IAnswer<T>> atServer)
    {
        if (!IsOpen)
            throw new NpgsqlException("the session has ended");
        try
        {
            return await client.AskBoundedAsync<T>(
                what,
                given =>
                {
                    if (backend.IsOpen)
                        atServer(given);
                    else
                        given.Refuse(new NpgsqlException("the session has ended"));
                },
                answer,
                CancellationToken.None);
        }
        catch (StoreUnavailableException unanswered)
        {
            // A statement without an answer leaves no session that could be used.
            End();
            throw new NpgsqlException(unanswered.Message, unanswered);
        }
        catch (NpgsqlException exception) when (exception is not PostgresException)
        {
            End();
            throw;
        }
    }

    private static async Task RingAfterAsync(Task told, TaskCompletionSource waiting)
    {
        await told;
        waiting.TrySetResult();
    }
}
