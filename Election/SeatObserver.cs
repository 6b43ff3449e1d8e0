using AspireElection.History;
using AspireElection.Timing;

namespace AspireElection;

/// <summary>Keeps what is known of the seat: who leads, until when, and for how long nobody did.</summary>
internal sealed class SeatObserver(Equipment with)
{
    private LatePause _pause;
    private Sighting? _last;
    private Sighting? _known;
    private long? _freeSince;
    private Succession? _before;
    private (Leader Leader, long HeardAt, long EndsAt)? _former;
    private bool _released;
    private long _highestTerm;
    private long _begunTerm;
    private Leader? _gave;
    private long _gaveUntil;
    private Leader? _own;
    private int _transitions;

    /// <summary>The last sighting; null before the first.</summary>
    public Sighting? Last => Volatile.Read(ref _last);

    /// <summary>The last term that was seen and not shown to be released; a store that lost its data does not unmake it.</summary>
    public Sighting? Known => Volatile.Read(ref _known);

    /// <summary>
    /// Another that leads; null when the seat is free or its holder has been silent for a lease beyond its end. Never this
    /// node: whether it leads is for its own trust to say, which begins after its term was seen and ends before that is told
    /// here. It would name itself as the leader that it follows.
    /// </summary>
    public Leader? Other => SeenOther.Leader;

    /// <summary>What is known of the seat at one moment: another that leads, until when, the last term that began, and how many leaders there were.</summary>
    public (Leader? Other, long EndsAt, long Term, int Transitions) Picture
    {
        get
        {
            lock (this)
            {
                var (other, endsAt) = SeenOther;
                return (other, endsAt, other?.Term ?? _begunTerm, _transitions);
            }
        }
    }

    public long HighestTerm => Interlocked.Read(ref _highestTerm);

    /// <summary>
    /// What was seen of the seat before the term that begins now: who led, and for how long nobody did. The seat may have
    /// been seen taken before its grant arrived here.
    /// </summary>
    public Succession Before(Grant grant)
    {
        lock (this)
        {
            var before = _last?.Leader?.Term == grant.Term.Token ? _before : null;
            _before = null;
            return (before ?? Vacancy(grant.AnchoredAt, grant.GivenBack == true)) with
            {
                Released = grant.GivenBack ?? (before?.Released ?? _released),
                CutOff = grant.GivenBack == false,
                Granted = Clock.GetElapsedTime(grant.AnchoredAt),
                LeadsAt = Clock.GetTimestamp(),
            };
        }
    }

    /// <summary>For how long the seat has been seen free, or its holder's end is over; null while somebody leads.</summary>
    public TimeSpan? FreeFor
    {
        get
        {
            lock (this)
                return Gap();
        }
    }

    /// <summary>This node was granted the seat; it need not wait to be told.</summary>
    public void Took(Leader own)
    {
        lock (this)
            _own = own;
        Take(new Sighting(own, Clock.After(Times.Lease)));
    }

    /// <summary>This node's term is over; news of it that are still on their way are old.</summary>
    public void Gave(long term)
    {
        lock (this)
        {
            if (_own?.Term == term)
                (_gave, _gaveUntil, _own) = (_own, Clock.After(Times.Lease), null);
            if (_known?.Leader?.Term <= term)
                Volatile.Write(ref _known, null);
            if (_last?.Leader?.Term != term)
                return;
            _freeSince = Clock.GetTimestamp();
            Volatile.Write(ref _last, new Sighting(null, 0));
        }
    }

    /// <summary>Observes until it is told to stop; <see cref="Stop"/> follows the cancellation.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        await with.Threads.OffTheCallerAsync();
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await foreach (var sighting in with.Store.ObserveAsync(with.Election, stopping))
                {
                    with.Health.Reached();
                    _pause.Reset();
                    Take(sighting);
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
            catch (Exception exception)
            {
                with.Health.Failed(exception);
            }

            await _pause.Of(with).NextAsync();
        }
    }

    /// <summary>Ends a pause.</summary>
    public void Stop() => _pause.Stop();

    private LeadershipTimes Times => with.Times;

    private TimeProvider Clock => with.Clock;

    private (Leader? Leader, long EndsAt) SeenOther =>
        Last is { Leader: { } leader } last && !IsSelf(leader) && Clock.GetTimestamp() < last.EndsAt + Times.Lease.ToTicksOf(Clock)
            ? (leader, last.EndsAt)
            : (null, 0);

    private bool IsSelf(Leader leader) => leader.NodeId == with.Node.Id.NodeId && leader.Incarnation == with.Node.Id.Incarnation;

    private void Take(Sighting sighting)
    {
        SeatNews news;
        DoubtIfContradicted(sighting);
        lock (this)
        {
            var before = _last?.Leader;
            if (sighting.Leader is { } leader)
            {
                // This node's own record of its term, rather than a copy of it out of each message.
                if (IsSame(leader, _own))
                    sighting = sighting with { Leader = leader = _own! };
                if (IsSame(leader, _gave) || IsOld(leader.Term))
                    return;
                // A cut or a stop of this process ends what it knows of a term, and not the term: heard of again it is no second leader.
                news = before?.Term == leader.Term ? SeatNews.Same : IsSame(leader, _former?.Leader) ? SeatNews.LeaderAgain : SeatNews.NewLeader;
                Volatile.Write(ref _known, sighting);
                if (news != SeatNews.Same)
                    _before = Vacancy(Clock.GetTimestamp(), false);
                (_former, _released) = ((leader, Clock.GetTimestamp(), sighting.EndsAt), false);
                _highestTerm = Math.Max(_highestTerm, leader.Term);
                // Told as a term that it does not lead, its own could not be led after that: once false is false for good.
                if (_own is not null || !IsSelf(leader))
                    _begunTerm = Math.Max(_begunTerm, leader.Term);
                _freeSince = null;
                if (news == SeatNews.NewLeader)
                    _transitions++;
            }
            else if (_own is not null)
            {
                // The seat was free before this node was granted it, and the grant was quicker than the news. Whether
                // its own term holds is not for a sighting to say.
                return;
            }
            else
            {
                _released |= sighting.Released;
                if (sighting.Released)
                    Volatile.Write(ref _known, null);
                if (before is null && _last is not null)
                    return;
                news = SeatNews.Free;
                _freeSince ??= Clock.GetTimestamp();
            }

            Volatile.Write(ref _last, sighting);
        }

        with.Node.Saw(sighting, news);
    }

    /// <summary>
    /// Somebody else's term while this node's own lasts: it asks, instead of believing for a renew period beside somebody
    /// else. Also where the term looks old: a store without a clock of its own that lost its data gives lower numbers.
    /// </summary>
    private void DoubtIfContradicted(Sighting sighting)
    {
        bool contradicts;
        lock (this)
            contradicts = _own is not null && sighting.Leader is { } leader && !IsSame(leader, _own) && !IsSame(leader, _gave);
        if (contradicts)
            with.Node.Doubt();
    }

    /// <summary>Over a store that lost its data and has no clock of its own, one number may be given to two.</summary>
    private static bool IsSame(Leader one, Leader? other) =>
        other is not null && one.Term == other.Term && one.NodeId == other.NodeId && one.Incarnation == other.Incarnation;

    /// <summary>
    /// Who is granted the seat may hear so before the news that it was free; and is granted it about when the lease ends
    /// where nobody gave it back.
    /// </summary>
    private Succession Vacancy(long grantedAt, bool givenBack)
    {
        var gap = Gap();
        if (gap is null && !_released && !givenBack && _former is { } overdue && grantedAt >= overdue.EndsAt - Times.Margin.ToTicksOf(Clock))
            gap = Clock.GetElapsedTime(Math.Min(grantedAt, overdue.EndsAt));

        var silence = gap is { } free && _former is { } silent ? Clock.GetElapsedTime(silent.HeardAt) - free : (TimeSpan?)null;
        return new Succession { Previous = _former?.Leader, Released = _released, Silence = silence, Leaderless = gap };
    }

    private TimeSpan? Gap()
    {
        if (_freeSince is { } since)
            return Clock.GetElapsedTime(since);
        return _last is { Leader: not null } silent && silent.EndsAt < Clock.GetTimestamp() ? Clock.GetElapsedTime(silent.EndsAt) : null;
    }

    /// <summary>
    /// News of an older term than the known one was overtaken on its way. Only after the known one's end is it taken
    /// seriously: then the store has lost its data together with every candidate that remembered.
    /// </summary>
    private bool IsOld(long term) =>
        _last is { } last && term < _highestTerm && Clock.GetTimestamp() < Math.Max(last.EndsAt, term <= _gave?.Term ? _gaveUntil : 0);
}
