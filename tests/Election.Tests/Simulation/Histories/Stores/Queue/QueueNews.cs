using AspireElection.Timing;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>What a client knows of the seat: from every look at it and from the watch of its term.</summary>
internal sealed class QueueNews(TimeProvider clock)
{
    private readonly List<Bell> _bells = [];
    private QueueTerm? _term;
    private QueuePlace? _first;
    private bool _firstIsKnown;
    private long _revision;
    private Leader? _known;
    private long _knownUntil;
    private DateTimeOffset? _second;
    private long _secondHeardAt;

    public Sighting Sighting { get; private set; } = new(null, 0);

    public long Version { get; private set; }

    public long HeardAt { get; private set; } = long.MinValue / 2;

    public TimeSpan Lease => TimeSpan.FromSeconds(_term?.Seconds ?? 10);

    /// <summary>The server's time as near as it is known: it tells seconds, the node's own clock the rest.</summary>
    public long Microseconds
    {
        get
        {
            var own = clock.GetUtcNow();
            if (_second is { } second)
            {
                var earliest = second + clock.GetElapsedTime(_secondHeardAt);
                var latest = earliest + TimeSpan.FromSeconds(1);
                own = own < earliest ? earliest : own > latest ? latest : own;
            }

            return (own - DateTimeOffset.UnixEpoch).Ticks / 10;
        }
    }

    public void Listen(Bell bell) => _bells.Add(bell);

    public void StopListening(Bell bell) => _bells.Remove(bell);

    public bool HasPassed(QueuePlace place) => _firstIsKnown && (_first is null || _first.Created > place.Created);

    /// <summary>The last term, where the leader that stood at that place has given it back.</summary>
    public QueueTerm? GivenBackBy(QueuePlace place) =>
        _term is { Released: true } last && last.Key == place.Key && last.Created == place.Created ? last : null;

    /// <summary>The term that lasts, where it is of the candidate with that key.</summary>
    public QueueTerm? TermOf(string key, long created) =>
        _term is { Released: false } last && last.Key == key && last.Created == created ? last : null;

    public void Hear(QueueLook look)
    {
        (_second, _secondHeardAt) = (look.Second, clock.GetTimestamp());
        // Older, unless it was asked for after the newer was heard: a store that lost its data.
        if (look.Revision < _revision && look.AskedAt < HeardAt)
            return;
        (_term, _first, _firstIsKnown, _revision) = (look.Term, look.Line.Count > 0 ? look.Line[0] : null, true, look.Revision);
        Heard();
    }

    public void Hear(QueueTerm term, long revision)
    {
        if (revision <= _revision)
            return;
        (_term, _first, _firstIsKnown, _revision) = (term, null, false, revision);
        Heard();
    }

    public void RingAll()
    {
        foreach (var bell in _bells.ToArray())
            bell.Ring();
    }

    /// <summary>A term that may still be trusted in and that the server's record does not show to be over; null when there is none.</summary>
    public (long Token, long Until)? Blocks(Candidacy candidacy, QueueTerm? record)
    {
        (long Token, long Until)? blocks = null;
        if (_known is { } known && IsAlive(known, _knownUntil))
            blocks = (known.Term, _knownUntil);
        if (candidacy.LastSeen is { Leader: { } seen } last && IsAlive(seen, last.EndsAt) && !(blocks?.Until > last.EndsAt))
            blocks = (seen.Term, last.EndsAt);
        return blocks;

        bool IsAlive(Leader leader, long until) => until > clock.GetTimestamp() &&
            (leader.NodeId != candidacy.Id.NodeId || leader.Incarnation != candidacy.Id.Incarnation) &&
            !(record is not null && record.First <= leader.Term && leader.Term <= record.Token);
    }

    private void Heard()
    {
        HeardAt = clock.GetTimestamp();
        Version++;
        var leads = _term is { Released: false } && (!_firstIsKnown || _first?.Key == _term.Key);
        Sighting = leads
            ? new Sighting(_term!.Leader, clock.After(TimeSpan.FromSeconds(_term.Seconds)))
            : new Sighting(null, 0, _term is { Released: true });
        if (Sighting.Leader is { } leader && (_known is null || leader.Term >= _known.Term || _knownUntil <= clock.GetTimestamp()))
            (_known, _knownUntil) = (leader, Sighting.EndsAt);
        RingAll();
    }
}
