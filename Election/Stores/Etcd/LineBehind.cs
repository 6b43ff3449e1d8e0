namespace AspireElection.Stores.Etcd;

/// <summary>
/// Who stands behind a leader: the few that came first, as its grant and its watch of the line have told. A picture that is
/// not true any more harms nothing, because what is done by it compares what it takes from it.
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

    /// <summary>The beginning of the line was seen.</summary>
    /// <param name="line">The first <see cref="Asked"/> of it, or all.</param>
    /// <param name="own">The leader's key.</param>
    public void See(IEnumerable<Place> line, string own)
    {
        lock (_gate)
        {
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
            (_isKnown, _hasMore) = (false, false);
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
