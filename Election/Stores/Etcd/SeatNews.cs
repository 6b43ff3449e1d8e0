using AspireElection.Timing;

namespace AspireElection.Stores.Etcd;

/// <summary>What a process knows of one seat: from every look at it, whoever looked, and from the watch of its term.</summary>
internal sealed class SeatNews(string election, TimeProvider clock)
{
    /// <summary>For a foreign leader, whose lease nobody told: that of <c>etcdctl elect</c>.</summary>
    private const long ForeignSeconds = 60;

    private readonly Lock _gate = new();
    private readonly HashSet<Wake> _listeners = [];
    private TermRecord? _term;
    private Place? _first;
    private bool _firstIsKnown;
    private long _revision;
    private long _heardAt = long.MinValue;
    private long _version;
    private string? _foreignKey;
    private long _foreignToken;
    private DateTimeOffset _foreignSince;
    private Sighting _sighting = new(null, 0);

    public string Election => election;

    public KnownTerms Known { get; } = new(clock);

    /// <summary>The seat as it was last heard of; a new version for each hearing.</summary>
    public (Sighting Sighting, long Version, long HeardAt) Newest
    {
        get
        {
            lock (_gate)
                return (_sighting, _version, _heardAt);
        }
    }

    /// <summary>For how long a silent leader keeps the seat.</summary>
    public TimeSpan Lease
    {
        get
        {
            lock (_gate)
                return TimeSpan.FromSeconds(_term is { Seconds: > 0 and var seconds } ? seconds : 10);
        }
    }

    public void Listen(Wake wake)
    {
        lock (_gate)
            _listeners.Add(wake);
    }

    public void StopListening(Wake wake)
    {
        lock (_gate)
            _listeners.Remove(wake);
    }

    /// <summary>Whether the seat is known to have passed somebody who stood in the line.</summary>
    public bool HasPassed(Place place)
    {
        lock (_gate)
            return _firstIsKnown && (_first is null || _first.Created > place.Created);
    }

    /// <summary>The last term, where the leader that stood at that place has given it back.</summary>
    public TermRecord? GivenBackBy(Place place)
    {
        lock (_gate)
            return _term is { Released: true } last && last.Key == place.Key && last.Created == place.Created ? last : null;
    }

    /// <summary>The term that lasts, where it is of the candidate with that key.</summary>
    public TermRecord? TermOf(string key, long created)
    {
        lock (_gate)
            return _term is { Released: false } last && last.Key == key && last.Created == created ? last : null;
    }

    public void Hear(SeatLook look)
    {
        lock (_gate)
        {
            // An older revision is news from before, unless it was asked for after the newer one was heard: a store that lost its data.
            if (look.Revision < _revision && look.AskedAt < _heardAt)
                return;
            (_term, _first, _firstIsKnown, _revision) = (look.Term, look.First, true, look.Revision);
            Heard();
        }
    }

    /// <summary>The watch told of a new record.</summary>
    public void Hear(WatchEvent told)
    {
        lock (_gate)
        {
            if (told.Key.Modified <= _revision)
                return;
            _term = told.IsDeleted ? null : TermRecord.Parse(told.Key.Value);
            (_first, _firstIsKnown, _revision) = (null, false, told.Key.Modified);
            Heard();
        }
    }

    /// <summary>Whoever listens has to look why.</summary>
    public void WakeAll()
    {
        lock (_gate)
        {
            foreach (var listener in _listeners)
                listener.Set();
        }
    }

    private void Heard()
    {
        _heardAt = clock.GetTimestamp();
        _version++;
        _sighting = Sight();
        Known.Hear(_sighting);
        WakeAll();
    }

    private Sighting Sight()
    {
        if (_firstIsKnown && _first is { Candidate: null } foreign)
            return new Sighting(Foreign(foreign), End(ForeignSeconds));
        var leads = _term is { Released: false } && (!_firstIsKnown || _first?.Key == _term.Key);
        return leads
            ? new Sighting(new Leader(_term!.Holder.NodeId, _term.Holder.Incarnation, _term.Address, _term.Token, _term.Since), End(_term.Seconds))
            : new Sighting(null, 0, _term is { Released: true });
    }

    /// <summary>A foreign leader has no token; it is shown with one between the last term and the next, the same on every node.</summary>
    private Leader Foreign(Place foreign)
    {
        if (_foreignKey != foreign.Key)
            (_foreignKey, _foreignToken, _foreignSince) = (foreign.Key, foreign.TokenAfter(_term), clock.GetUtcNow());
        return new Leader(foreign.Value, string.Empty, null, _foreignToken, _foreignSince);
    }

    private long End(long seconds) => clock.After(TimeSpan.FromSeconds(seconds));
}
