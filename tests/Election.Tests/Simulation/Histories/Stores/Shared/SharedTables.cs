using AspireElection.Stores.Postgres;
using AspireElection.Stores.Postgres.Many;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>Locks and tables of the simulated PostgreSQL server, and the statements that the shared seats run on them.</summary>
internal sealed class SharedTables(History history, Func<int, Backend?> backendOf)
{
    private readonly Dictionary<long, (int Pid, int Count)> _locks = [];
    private readonly Dictionary<(string Election, CandidateId Id), Waiter> _waiters = [];
    private readonly Dictionary<string, TermRow> _rows = [];
    private readonly Dictionary<string, MemberRows> _members = [];

    /// <summary>Whether the tables were created.</summary>
    public bool Exist { get; set; }

    public Ledger Ledger { get; private set; } = new(history);

    /// <summary>An election whose row somebody else keeps locked.</summary>
    public string? LockedRow { get; set; }

    public MemberRows MembersOf(string election) =>
        _members.TryGetValue(election, out var rows) ? rows : _members[election] = new MemberRows();

    public TermRow? RowOf(string election) => _rows.GetValueOrDefault(election);

    /// <summary>The server process that holds the lock; 0 when it is free.</summary>
    public int HolderOf(long key) => _locks.GetValueOrDefault(key).Pid;

    public IEnumerable<long> LocksOf(int pid) => _locks.Where(l => l.Value.Pid == pid).Select(l => l.Key);

    /// <summary>Locks stack in a session.</summary>
    public HashSet<long> TryLock(int pid, IEnumerable<long> keys)
    {
        var granted = new HashSet<long>();
        foreach (var key in keys)
        {
            var (holder, count) = _locks.GetValueOrDefault(key);
            if (holder != 0 && holder != pid)
                continue;
            _locks[key] = (pid, count + 1);
            granted.Add(key);
        }

        return granted;
    }

    public void Unlock(int pid, IEnumerable<long> keys)
    {
        foreach (var key in keys)
        {
            if (!_locks.TryGetValue(key, out var held) || held.Pid != pid)
                continue;
            if (held.Count == 1)
                _locks.Remove(key);
            else
                _locks[key] = (pid, held.Count - 1);
        }
    }

    /// <summary>The session is gone: this lock goes whichever number of times it was taken.</summary>
    public void Free(int pid, long key)
    {
        if (HolderOf(key) == pid)
            _locks.Remove(key);
    }

    /// <summary>Takes one term, as <see cref="TermsStatement"/> does; null where the row is locked.</summary>
    public TermAnswer? Take(int pid, TermWish wish, int epoch, long age, long microseconds, DateTimeOffset now)
    {
        var candidacy = wish.Candidacy;
        var last = RowOf(candidacy.Election);
        if (candidacy.Election == LockedRow && last is not null)
            return null;
        if (last is { Released: false } && last.Id.Incarnation != candidacy.Id.Incarnation && last.Token != wish.Outlasted &&
            last.Epoch != epoch && last.Lease.Ticks > age)
        {
            return new TermAnswer.Outlast(last.Token, TimeSpan.FromMilliseconds(Math.Ceiling((last.Lease.Ticks - age) / 1e4)));
        }

        if ((last?.Token ?? 0) < wish.Alive)
            return new TermAnswer.Forgotten();
        var token = FencingToken.Next(last?.Token ?? 0, candidacy.HighestToken, microseconds);
        // Shared sessions wait for the disk: a crash takes none of their terms, and no mark tells it from a restart in order.
        _rows[candidacy.Election] = new TermRow(token, candidacy.Id, candidacy.Address, candidacy.LeaseDuration, pid, epoch, Mark: 0, now);
        return new TermAnswer.Taken(token, last?.Released);
    }

    /// <summary>Marks the term as given back; false where it is another's by now, or its row is locked.</summary>
    public bool Mark(Term term)
    {
        if (term.Election == LockedRow || RowOf(term.Election) is not { } row || row.Token != term.Token || row.Id != term.Candidate)
            return false;
        _rows[term.Election] = row with { Released = true };
        return true;
    }

    public SeatView Look(Stand stand)
    {
        var election = stand.Candidacy.Election;
        var holder = HolderOf(stand.Key);
        int? presence = backendOf(holder) is { Presence: not 0 } backend ? backend.Presence : null;
        var better = holder != 0 ? 0 : _waiters.Count(w => w.Key.Election == election && IsPresent(w.Value) && IsBetter(w.Key.Id, w.Value.Priority, stand.Candidacy));
        return new SeatView(holder, presence, RowOf(election)?.Released ?? false, better);
    }

    public void Join(Backend backend, IEnumerable<Candidacy> waiting)
    {
        foreach (var candidacy in waiting)
            _waiters[(candidacy.Election, candidacy.Id)] = new Waiter(candidacy.Priority, backend.Pid, backend.Presence);
    }

    public void Leave(Backend backend, IEnumerable<Candidacy> leaving)
    {
        foreach (var key in leaving.Select(c => (c.Election, c.Id)))
        {
            if (_waiters.TryGetValue(key, out var waiter) && waiter.Presence == backend.Presence)
                _waiters.Remove(key);
        }
    }

    /// <summary>What a crash of the server leaves of it: no locks, and no tables that are not logged.</summary>
    public void Crash(bool losesData)
    {
        _locks.Clear();
        _waiters.Clear();
        LockedRow = null;
        if (!losesData)
            return;
        _rows.Clear();
        _members.Clear();
        Ledger = new Ledger(history);
        Exist = false;
    }

    private bool IsPresent(Waiter waiter) => backendOf(waiter.Pid) is { } backend && backend.Presence == waiter.Presence;

    private static bool IsBetter(CandidateId id, int priority, Candidacy than)
    {
        if (priority != than.Priority)
            return priority > than.Priority;
        var order = string.CompareOrdinal(id.NodeId, than.Id.NodeId);
        return order < 0 || (order == 0 && string.CompareOrdinal(id.Incarnation, than.Id.Incarnation) < 0);
    }

    private readonly record struct Waiter(int Priority, int Pid, int Presence);
}
