namespace AspireElection.Stores.Redis;

/// <summary>
/// When a candidate in line asks for the seat again, from all that it was told. Answers and messages come over two
/// connections and on several threads: each is weighed as a whole, or the answer before a message would undo what the
/// message said.
/// </summary>
internal sealed class NextTry(TimeProvider clock, KnownTerms known, Candidacy candidacy)
{
    private static readonly TimeSpan s_shortestSlot = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan s_longestSlot = TimeSpan.FromMilliseconds(5);

    /// <summary>The server counts whole milliseconds.</summary>
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(1);

    private readonly HeardSeat _heard = new(clock);
    private readonly string _me = candidacy.Id.ToString();
    private bool _now;
    private Refusal _refused;
    private int _rank;
    private long _orphan;

    /// <summary>Which seat was not given because of a term that somebody may still trust in.</summary>
    private enum Refusal
    {
        None,

        /// <summary>A free one: that of a server that may have lost its data.</summary>
        Free,

        /// <summary>One that is reserved for this very candidate, or held by its orphan.</summary>
        Own,
    }

    /// <summary>What was last heard of the seat.</summary>
    public SeatState? Seat => _heard.Newest.State;

    /// <summary>A term of this very candidate whose grant it never heard of; 0 when there is none.</summary>
    public long Orphan
    {
        get
        {
            lock (this)
                return _orphan;
        }
    }

    /// <summary>The instant; the least value for now. Not the same for all: each leaves those before it in line a slot of time.</summary>
    public long At
    {
        get
        {
            lock (this)
            {
                if (!_now && _refused == Refusal.Own)
                    return clock.Add(known.For(_me).EndsAt, s_tick);
                if (_now || _heard.Newest is not { State: { } state, EndsAt: var endsAt })
                    return long.MinValue;
                if (_refused == Refusal.Free)
                    endsAt = Math.Max(endsAt, known.For(_me).EndsAt);
                return clock.Add(endsAt, s_tick + state.RankOf(_me, _rank) * Slot);
            }
        }
    }

    private TimeSpan Slot
    {
        get
        {
            var share = candidacy.LeaseDuration / 50;
            return share < s_shortestSlot ? s_shortestSlot : Timestamps.Shorter(share, s_longestSlot);
        }
    }

    /// <summary>It is asked for now: what was told until here is used up.</summary>
    public void Begin()
    {
        lock (this)
            (_now, _refused) = (false, Refusal.None);
    }

    /// <summary>It is this candidate's turn, or nobody knows what it was not told.</summary>
    public void Now()
    {
        lock (this)
            _now = true;
    }

    /// <summary>The seat was asked for and not given.</summary>
    /// <param name="state">The seat instead.</param>
    /// <param name="askedAt">When it was asked for.</param>
    /// <param name="orphan">The orphan that was named.</param>
    /// <param name="rank">How many stand before.</param>
    public void Refused(SeatState state, long askedAt, long orphan, int rank)
    {
        lock (this)
        {
            _rank = rank;
            Hear(state, askedAt, state switch
            {
                { Kind: SeatKind.Free } => Refusal.Free,
                _ when state.Holder == _me && (state.Kind == SeatKind.Reserved || state.Token == orphan) => Refusal.Own,
                _ => Refusal.None,
            });
        }
    }

    /// <summary>A message came; true when the wait has to look at its instant again.</summary>
    public bool Told(SeatState state)
    {
        lock (this)
        {
            // A renewal only moves the instant away, and the wait looks at it in slices anyway.
            return Hear(state, long.MinValue, Refusal.None) && (state.Kind != SeatKind.Held || _now);
        }
    }

    private bool Hear(SeatState state, long askedAt, Refusal refused)
    {
        // What is older than the news refuses nothing any more.
        if (!_heard.Hear(state, askedAt))
            return false;
        _refused = refused;
        var endsAt = _heard.Newest.EndsAt;
        known.Hear(state, endsAt);
        if (state.Kind == SeatKind.Held || state.WasReleased)
            candidacy.Saw(state.ToSighting(endsAt));
        if (state.Holder == _me)
        {
            // Reserved for this candidate; or held by it, although no grant ever arrived: that term is its orphan.
            if (state.Kind == SeatKind.Held)
                _orphan = state.Token;
            // Unless it was just refused: until the term ends that somebody may still trust in.
            _now |= refused != Refusal.Own;
        }

        return true;
    }
}
