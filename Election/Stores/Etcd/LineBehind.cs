namespace AspireElection.Stores.Etcd;

/// <summary>
/// Who stands behind a leader: the few that came first, as its grant and its watch of the line have told. A picture that is
/// not true any more harms nothing, because what is done by it compares what it takes from it: that the named one is there,
/// is the oldest, and has the highest rank.
/// </summary>
internal sealed class LineBehind
{
    /// <summary>How many of the line are asked for: the leader, and those of whom one is its successor.</summary>
    public const int Asked = Most + 1;

    private const int Most = 8;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, Place> _places = [];
    private bool _isKnown;
    private bool _hasMore;
    private long _seenIn;
    private long _heardIn;
    private int _watches;

    public bool IsKnown
    {
        get
        {
            lock (_gate)
                return _isKnown;
        }
    }

    /// <summary>How many are known; -1 where nobody knows.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _isKnown ? _places.Count : -1;
        }
    }

    /// <summary>Grows with each watch that ended: what was asked for before that misses what nobody was told of.</summary>
    public int Watches
    {
        get
        {
            lock (_gate)
                return _watches;
        }
    }

    /// <summary>
    /// The beginning of the line was seen. A look from before something that the watch has told is none: who came in between
    /// would be missing for good.
    /// </summary>
    /// <param name="line">The first <see cref="Asked"/> of it, or all.</param>
    /// <param name="own">The leader's key.</param>
    /// <param name="revision">In which revision.</param>
    /// <param name="watches">What <see cref="Watches"/> was when it was asked for.</param>
    public void See(IEnumerable<Place> line, string own, long revision, int watches)
    {
        lock (_gate)
        {
            if (watches != _watches || revision < _heardIn)
                return;
            _seenIn = revision;
            _places.Clear();
            var seen = 0;
            foreach (var place in line)
            {
                seen++;
                if (place.Key != own && _places.Count < Most)
                    _places[place.Created] = place;
            }

            (_isKnown, _hasMore) = (true, seen >= Asked);
        }
    }

    /// <summary>The watch of the line told of a key that is not the leader's.</summary>
    public void Hear(WatchEvent told)
    {
        lock (_gate)
        {
            if (told.Key.Modified <= _seenIn)
                return;
            _heardIn = told.Key.Modified;
            if (told.IsDeleted)
            {
                foreach (var (created, place) in _places)
                {
                    if (place.Key != told.Key.Key)
                        continue;
                    _places.Remove(created);
                    break;
                }
            }
            else if (_places.ContainsKey(told.Key.Created) || !_hasMore)
            {
                _places[told.Key.Created] = Place.Of(told.Key);
                if (_places.Count > Most)
                    _hasMore = _places.Remove(_places.Keys.Last());
            }

            // Those beyond the few were never told: who is next is not known any more.
            _isKnown &= _places.Count > 0 || !_hasMore;
        }
    }

    /// <summary>Something may have been missed.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _places.Clear();
            (_isKnown, _hasMore, _seenIn, _heardIn) = (false, false, 0, 0);
            _watches++;
        }
    }

    /// <summary>
    /// Who can be given the seat by its name, and who else stands there; null where who follows has to ask: nobody is known, a
    /// better one stands behind, or a foreign candidate, or one of a version that takes no term that it did not ask for.
    /// </summary>
    public (Place Next, IReadOnlyList<string> Keys)? Successor()
    {
        lock (_gate)
        {
            if (!_isKnown || _places.Count == 0)
                return null;
            var next = _places.First().Value;
            return next is { Candidate: not null, Seconds: > 0, Lease: not null } &&
                _places.Values.All(p => p.Candidate is not null && p.Priority <= next.Priority)
                ? (next, [.. _places.Values.Select(p => p.Key)])
                : null;
        }
    }
}
