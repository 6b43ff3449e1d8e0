using AspireElection.Timing;

namespace AspireElection.Stores.Postgres.Many;

/// <summary>
/// Gives seats back, all together that are given back at one time: a process that stops leads hundreds of elections,
/// and must not ask for a connection for each.
/// </summary>
internal sealed class SeatReleases(ISharedSessions server, ElectionLines lines, TimeProvider clock, ElectionThreads threads)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private List<SharedSeat> _next = [];
    private Task _run = Task.CompletedTask;
    private bool _isPlanned;

    public Task ReleaseAsync(SharedSeat seat)
    {
        lock (_gate)
        {
            _next.Add(seat);
            if (!_isPlanned)
            {
                _isPlanned = true;
                _run = RunAfterAsync(_run);
            }

            return _run;
        }
    }

    /// <summary>Tells of seats that ran out, once their locks are given back: no session ends with them.</summary>
    public async Task TellAsync(List<SharedSeat> seats, Task unlocked)
    {
        await unlocked;
        seats.ForEach(lines.Ended);
        await TellAsync(seats);
    }

    private async Task TellAsync(List<SharedSeat> seats)
    {
        try
        {
            await server.TellAsync(seats);
        }
        catch (Exception)
        {
            // Whatever it was: those who wait look by themselves, a little later, and later releases must not fail with this one.
        }
    }

    private async Task RunAfterAsync(Task before)
    {
        // One after the other: whoever comes meanwhile goes together with all the others who do.
        await before;
        await Task.Yield();
        List<SharedSeat> seats;
        lock (_gate)
        {
            seats = _next;
            _next = [];
            _isPlanned = false;
        }

        var marked = await MarkAsync(seats);
        await Task.WhenAll(seats.Select(UnlockAsync));
        // Who was told of a release without its mark has seen a seat that is held, and waits for the end of its session.
        if (marked < seats.Count)
            await TellAsync(seats);
    }

    private async Task<int> MarkAsync(List<SharedSeat> seats)
    {
        try
        {
            // Given up and not only left behind: what goes on at the server would keep its row locks.
            using var limit = new CancellationTokenSource(Limit, clock);
            return await server.MarkAsync(seats, limit.Token).WaitAsync(Limit, clock);
        }
        catch (Exception)
        {
            // Whatever it was (a server that cannot be reached, a store that is closed): the seats are given back all the
            // same, and those of later releases too. Without the mark a successor waits for a lease, and only when the
            // server restarts in between.
            return 0;
        }
    }

    private async Task UnlockAsync(SharedSeat seat)
    {
        try
        {
            await threads.Follow(seat.Slot.UnlockAsync(seat)).WaitAsync(Limit, clock);
        }
        catch (TimeoutException)
        {
            // The server hangs: it is unlocked as soon as it goes on, or with the end of the session.
        }

        lines.Ended(seat);
    }
}
