namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// A server with leases of whole seconds and keys in the order of their creation, as etcd: the seat is the oldest key of a
/// line, and each step of a client is one transaction. A restart gives every lease its whole time again; a wipe makes the
/// revisions begin at 1.
/// </summary>
internal sealed class QueueServer(History history, double rate) : Server(history, rate)
{
    private static readonly long s_revokePeriod = TimeSpan.FromMilliseconds(500).Ticks;

    private readonly List<QueueClient> _clients = [];
    private readonly Dictionary<long, (long Time, long EndsAt)> _leases = [];
    private readonly SortedDictionary<long, QueuePlace> _line = [];
    private readonly List<(QueueClient Client, string Key)> _watches = [];
    private QueueTerm? _term;
    private long _termModified;
    private long _revision = 1;
    private long _leaseIds;

    public MemberRows Members { get; private set; } = new();

    public Ledger Ledger { get; private set; } = new(history);

    public override long? LeaseLeft(Term term) =>
        _term is { Released: false } last && last.Token == term.Token && last.Holder == term.Candidate && _line.ContainsKey(last.Created) && _leases.TryGetValue(last.Lease, out var lease) &&
        lease.EndsAt > Now ? InTrueTime(lease.EndsAt - Now) : null;

    public override IElectionStore NewClient(Line line)
    {
        var client = new QueueClient(this, line, History.Mistake);
        _clients.Add(client);
        return client;
    }

    /// <summary>All keys are deleted: whoever watches its own hears of it. The leases live on.</summary>
    public override void Wipe()
    {
        History.StoreBrokeItsWord("all keys deleted", losesTerm: true);
        Forget();
        foreach (var key in _line.Keys.ToArray())
            Remove(key);
    }

    public override void Disconnected(Line line)
    {
        _watches.RemoveAll(w => w.Client.Owner == line);
        foreach (var client in _clients.Where(c => c.Owner == line))
            client.WatchesTerms = client.WatchesLine = false;
        if (!line.Host.IsAlive)
            _clients.RemoveAll(c => c.Owner == line);
    }

    public long Grant(long seconds)
    {
        var time = TimeSpan.FromSeconds(seconds).Ticks;
        _leases[++_leaseIds] = (time, Now + time);
        Watch(_leaseIds);
        return _leaseIds;
    }

    /// <summary>False when there is no such lease any more, which the real one answers with a success without a time.</summary>
    public bool KeepAlive(long id)
    {
        if (!_leases.TryGetValue(id, out var lease))
            return false;
        _leases[id] = (lease.Time, Now + lease.Time);
        return true;
    }

    public bool Lives(long id) => _leases.ContainsKey(id);

    public bool Revoke(long id)
    {
        _leases.Remove(id);
        foreach (var place in _line.Values.Where(p => p.Lease == id).ToArray())
            Remove(place.Created);
        return true;
    }

    /// <summary>Puts a key into the line unless it is there.</summary>
    public QueueLook Join(string key, Candidacy candidacy, long lease, long seconds)
    {
        if (!_leases.ContainsKey(lease))
            throw new StoreUnavailableException("the lease is gone");
        if (_line.Values.All(p => p.Key != key))
        {
            _revision++;
            _line[_revision] = new QueuePlace(key, _revision, candidacy.Id, candidacy.Priority, lease, candidacy.Address, seconds);
            TellLine();
        }

        return Look();
    }

    public QueueLook Look() => new(_revision, _term, _termModified, [.. _line.Values], DateTimeOffset.FromUnixTimeSeconds(Microseconds / 1_000_000));

    public bool Delete(string key)
    {
        foreach (var place in _line.Values.Where(p => p.Key == key).ToArray())
            Remove(place.Created);
        return true;
    }

    public long CreatedOf(string key) => _line.Values.FirstOrDefault(p => p.Key == key)?.Created ?? 0;

    /// <summary>Takes the term for the key that is still there, if nobody has written the term meanwhile.</summary>
    public bool Take(QueueTerm term, long modified, long known)
    {
        if (_term == term)
            return true;
        if (!_line.ContainsKey(term.Created) || CreatedOf(term.Key) != term.Created || _termModified != modified)
            return false;
        Write(term);
        Ledger.Pass(term.Token, term.Holder.ToString());
        History.Granted(term.Holder.ToString(), term.Token, [known]);
        return true;
    }

    /// <summary>Takes the term of a leader that has given its place back, where nobody better waits; null when done, else what is there.</summary>
    public QueueLook? Follow(QueueTerm term, QueueTerm released, int priority, long known) =>
        _term == term || (_term == released && _line.Values.All(p => p.Priority <= priority) && Take(term, _termModified, known)) ? null : Look();

    /// <summary>Gives key and term back in one step; an older attempt only loses its key.</summary>
    public bool Release(QueueTerm term)
    {
        var named = _term == term && CreatedOf(term.Key) == term.Created;
        Delete(term.Key);
        if (!named)
            return false;
        Write(term with { Released = true });
        History.Released(term.Token);
        return true;
    }

    /// <summary>
    /// Gives key and term back and begins the term of the one named, in one step, where that one stands there still and nobody better does;
    /// else does nothing.
    /// </summary>
    public bool HandOver(QueueTerm term, QueueTerm named, int priority)
    {
        var holds = _term == term && CreatedOf(term.Key) == term.Created && CreatedOf(named.Key) == named.Created &&
            _line.Values.All(p => p.Key == term.Key || p.Priority <= priority);
        if (!holds)
            return false;
        Delete(term.Key);
        Write(named);
        Ledger.Pass(named.Token, named.Holder.ToString());
        History.Released(term.Token);
        History.Granted(named.Holder.ToString(), named.Token, [0]);
        return true;
    }

    /// <summary>Who was named takes it; it knows then of a term that may still be trusted in, or of none (0).</summary>
    public void Took(QueueTerm named, long known) => History.KnewOf[named.Token] = [known];

    /// <summary>The line as it is; who holds the seat is told each change of it from then on.</summary>
    public IReadOnlyList<QueuePlace> WatchLine(QueueClient client)
    {
        client.WatchesLine = true;
        return [.. _line.Values];
    }

    /// <summary>Tells when a key is gone, at once where it is gone already.</summary>
    public bool WatchEnd(QueueClient client, string key, long created)
    {
        if (CreatedOf(key) == created)
            _watches.Add((client, key));
        else
            client.Owner.Tell(() => client.HearGone(key));
        return true;
    }

    public QueueLook WatchTerms(QueueClient client)
    {
        client.WatchesTerms = true;
        return Look();
    }

    protected override void Stopped(bool losesData)
    {
        _watches.Clear();
        foreach (var client in _clients)
            client.WatchesTerms = client.WatchesLine = false;
        if (!losesData)
            return;
        History.StoreBrokeItsWord("restarted empty", losesTerm: true);
        Forget();
        _leases.Clear();
        _line.Clear();
        _revision = 1;
    }

    /// <summary>A new leader of the cluster does not know how much of a lease is over.</summary>
    protected override void Started()
    {
        foreach (var (id, lease) in _leases.ToArray())
        {
            _leases[id] = (lease.Time, Now + lease.Time);
            Watch(id);
        }
    }

    private void Forget()
    {
        (_term, _termModified) = (null, 0);
        Members = new MemberRows();
        Ledger = new Ledger(History);
        History.Forgot();
    }

    private void Write(QueueTerm term)
    {
        (_term, _termModified) = (term, ++_revision);
        foreach (var client in _clients.Where(c => c.WatchesTerms))
        {
            var revision = _revision;
            client.Owner.Tell(() => client.HearTerm(term, revision));
        }
    }

    private void Remove(long created)
    {
        if (!_line.Remove(created, out var place))
            return;
        _revision++;
        foreach (var watch in _watches.Where(w => w.Key == place.Key).ToArray())
        {
            _watches.Remove(watch);
            watch.Client.Owner.Tell(() => watch.Client.HearGone(place.Key));
        }

        TellLine();
    }

    private void TellLine()
    {
        foreach (var client in _clients.Where(c => c.WatchesLine))
        {
            QueuePlace[] line = [.. _line.Values];
            client.Owner.Tell(() => client.HearLine(line));
        }
    }

    /// <summary>Leases that are over are looked for twice a second.</summary>
    private void Watch(long id)
    {
        if (!_leases.TryGetValue(id, out var lease))
            return;
        var due = lease.EndsAt + (id * 7919 % 5 * s_revokePeriod / 5);
        AtServerTime(due, () =>
        {
            if (!IsUp || !_leases.TryGetValue(id, out var now))
                return;
            if (now.EndsAt <= Now)
                Revoke(id);
            else
                Watch(id);
        });
    }
}
