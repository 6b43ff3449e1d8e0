using AspireElection.Timing;

namespace AspireElection.Stores.Postgres.Many;

/// <summary>
/// The place of one session in a store: opens it while it is needed, opens it anew when it was lost, and confines the
/// loss to the elections that live on it.
/// </summary>
internal sealed class SessionSlot : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(1);

    private readonly Func<CancellationToken, Task<ISeatSession>> _open;
    private readonly PostgresErrors _errors;
    private readonly TimeSpan _lease;
    private readonly TimeSpan _longestPause;
    private readonly TimeProvider _clock;
    private readonly ISeatLines _lines;
    private readonly ElectionThreads _threads;
    private readonly CancellationTokenSource _closing = new();
    private readonly SessionOrders _orders;
    private readonly Task _loop;
    private volatile ISeatSession? _session;

    public SessionSlot(
        Func<CancellationToken, Task<ISeatSession>> open, PostgresErrors errors, TimeSpan lease, TimeProvider clock, ISeatLines lines,
        ElectionThreads threads)
    {
        _open = open;
        _errors = errors;
        _lease = lease;
        _clock = clock;
        _lines = lines;
        _threads = threads;
        _orders = new SessionOrders(lease);
        // A seat must not stay without a leader for longer than its lease because the server was away before.
        _longestPause = lease < LongestPause ? lease : LongestPause;
        _loop = RunAsync();
    }

    /// <summary>The server process of its session; 0 while there is none.</summary>
    public int Backend => _session?.Identity.Backend ?? 0;

    public void Attach() => _orders.Attach();

    public void Detach() => _orders.Detach();

    /// <summary>Tries to take the seat, and tells what came of it.</summary>
    public void Take(Stand stand) => _orders.Take(stand);

    /// <summary>Looks whether somebody for whom it holds a lock does not wait any more.</summary>
    public void Look() => _orders.Tell();

    /// <summary>Renews by a heartbeat that is sent after this call, together with all who asked by then.</summary>
    public async Task<RenewAnswer> RenewAsync(SharedSeat seat, TimeSpan lease, CancellationToken cancellationToken)
    {
        if (_orders.Renew(seat, lease, _clock.After(lease)) is not { } beat)
            return RenewAnswer.Lost;
        var answer = await _threads.Follow(beat).WaitAsync(cancellationToken);
        return seat.IsOver ? RenewAnswer.Lost : answer;
    }

    /// <summary>Ends the seat and gives its lock back.</summary>
    public Task UnlockAsync(SharedSeat seat) => _orders.Unlock(seat);

    /// <summary>Closes the session, and with it every seat; bounded.</summary>
    public async ValueTask DisposeAsync()
    {
        _orders.Close();
        await _closing.CancelAsync();
        try
        {
            await _loop.WaitAsync(CloseLimit, _clock);
        }
        catch (TimeoutException)
        {
            _session?.Abort();
        }
    }

    private async Task RunAsync()
    {
        await _threads.OffTheCallerAsync();
        var pause = FirstPause;
        while (!_orders.IsClosed)
        {
            _orders.Listen();
            if (!_orders.IsNeeded)
            {
                await _orders.Told;
                continue;
            }

            try
            {
                _session = await _open(_closing.Token);
                pause = FirstPause;
            }
            catch (Exception exception)
            {
                // Whatever it was: who waits must be told, and the loop must go on for those who come later.
                FailWanted(exception);
                await PauseAsync(pause);
                pause = pause * 2 < _longestPause ? pause * 2 : _longestPause;
                continue;
            }

            await ServeAsync(_session);
            // A server that ends each session at once must not be asked for the next one without a pause.
            if (_orders.IsNeeded)
                await PauseAsync(FirstPause);
        }

        FailWanted(new ObjectDisposedException(nameof(PostgresStore)));
    }

    private async Task ServeAsync(ISeatSession session)
    {
        var work = new SessionWork(session, this, _orders, _errors, _clock, _lines);
        try
        {
            _orders.Begin();
            await work.RunAsync();
        }
        catch (Exception)
        {
            // Whatever it was: the session is given up, and its locks with it. Those who hold seats are told so below, and
            // the loop goes on for those who stand or will stand.
        }
        finally
        {
            _session = null;
            var lease = _orders.Lease;
            var lost = _orders.Lose(_lease);
            foreach (var seat in lost)
            {
                _lines.Ended(seat);
                seat.Candidacy.RenewNow();
            }

            work.GiveUp();
            // Closing it frees the locks: one that the server has not ended is kept, without a heartbeat, until its leaders' trust is
            // over. They were told, but may be held up.
            if (lost.Count > 0 && session.IsOpen && !_orders.IsClosed)
                await PauseAsync(lease);
            await CloseAsync(session);
        }
    }

    private static async Task CloseAsync(ISeatSession session)
    {
        try
        {
            await session.DisposeAsync();
        }
        catch (Exception)
        {
            // It is given up whatever comes of it, and the loop has to open the next one.
        }
    }

    private void FailWanted(Exception exception)
    {
        var told = PostgresErrors.AreOfServer(exception) ? _errors.Unavailable(exception) : exception;
        foreach (var stand in _orders.NextWanted(int.MaxValue))
            _lines.Failed(stand, told);
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        try
        {
            await Task.Delay(pause, _clock, _closing.Token);
        }
        catch (OperationCanceledException)
        {
            // It is being closed; the loop sees that.
        }
    }
}
