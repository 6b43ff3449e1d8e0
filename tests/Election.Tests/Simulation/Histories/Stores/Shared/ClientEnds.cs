using AspireElection.Stores.Postgres;
using AspireElection.Stores.Postgres.Many;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>A session that holds seats.</summary>
internal sealed class SeatEnd(SharedClient client, SharedServer server, Backend backend, TimeSpan lease)
    : ClientEnd(client, server, backend, SharedClient.WholeSeconds(lease)), ISeatSession
{
    // As SharedSettings says.
    private readonly TimeSpan _limit = lease / 2;

    public SessionPresence Identity => new(Backend.Pid, Backend.Presence);

    public Task<bool> BeatAsync(TimeSpan lease) =>
        AskAsync("beat", _limit, done => done == 1 && Server.Beat(Backend, lease));

    public Task<HashSet<long>> TryLockAsync(long[] keys) => AskAsync(
        keys.Contains(SharedClient.MainKey) ? "acquire" : "lock", _limit, done => Server.Tables.TryLock(Pid, keys.Take((int)(keys.Length * done))));

    public Task<List<TermAnswer?>> TakeAsync(IReadOnlyList<TermWish> wishes) =>
        AskAsync("take terms", _limit, done => done == 1 ? Server.Take(Backend, wishes) : []);

    public Task UnlockAsync(long[] keys) => AskAsync(
        "unlock",
        _limit,
        done =>
        {
            Server.Tables.Unlock(Pid, keys.Take((int)(keys.Length * done)));
            return true;
        });

    public Task IdleAsync(Task told, TimeSpan left, TimeProvider clock) => WaitAsync(told, left, clock);

    public void Abort() => End();
}

/// <summary>The session of those who wait.</summary>
internal sealed class WaiterEnd(SharedClient client, SharedServer server, Backend backend)
    : ClientEnd(client, server, backend, TimeSpan.FromSeconds(5)), IWaiterSession
{
    private readonly List<string> _told = [];

    public void Hear(string election)
    {
        if (!_told.Contains(election))
            _told.Add(election);
        Ring();
    }

    public string[] NextTold()
    {
        string[] told = [.. _told];
        _told.Clear();
        return told;
    }

    public Task<List<SeatView>> LookAsync(IReadOnlyList<Stand> stands) =>
        AskAsync("look at seats", TimeSpan.Zero, _ => Server.Look(stands));

    public Task JoinAsync(List<Candidacy> waiting) => AskAsync(
        "join",
        TimeSpan.Zero,
        _ =>
        {
            Server.Tables.Join(Backend, waiting);
            return true;
        });

    public Task LeaveAsync(List<Candidacy> leaving) => AskAsync(
        "leave the register",
        TimeSpan.Zero,
        _ =>
        {
            Server.Tables.Leave(Backend, leaving);
            return true;
        });

    public async Task PauseAsync(TimeSpan left, Task told, TimeProvider clock)
    {
        if (_told.Count == 0)
            await WaitAsync(told, left, clock);
    }
}

/// <summary>A session that waits for the end of another.</summary>
internal sealed class WatchEnd(SharedClient client, SharedServer server, Backend backend, SessionPresence presence)
    : ClientEnd(client, server, backend, s_longest + TimeSpan.FromSeconds(5)), ISessionWatch
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(10);

    public Task<bool> HasEndedAsync(CancellationToken cancellationToken) =>
        AskAsync<bool>("wait for an end", answer => Server.Watch(presence, s_longest, answer));
}
