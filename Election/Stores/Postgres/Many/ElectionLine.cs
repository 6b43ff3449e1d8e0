using AspireElection.Timing;

namespace AspireElection.Stores.Postgres.Many;

/// <summary>
/// The candidacies of one store for one election: they share a session, in which a second lock on the same seat would
/// be granted at once, so they stand in line here, and only the best of them stands at the server.
/// </summary>
internal sealed class ElectionLine(TimeProvider clock)
{
    /// <summary>How much longer each better candidate gets before the next one tries.</summary>
    public static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan LongestSettling = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(3);
    private static readonly TimeSpan LongestLook = TimeSpan.FromMilliseconds(100);

    private readonly List<Stand> _stands = [];
    private SessionPresence? _gone;
    private TimeSpan _look = FirstLook;
    private long? _freeSince;
    private long? _settlesUntil;

    public IReadOnlyList<Stand> Stands => _stands;

    /// <summary>For whom a session tries to take the seat, or holds the lock already.</summary>
    public Stand? Taking { get; set; }

    /// <summary>The seat, while a candidacy of this store holds it.</summary>
    public SharedSeat? Seat
    {
        get;
        set
        {
            field = value;
            // Turns are counted anew each time that the seat becomes free.
            _freeSince = null;
        }
    }

    /// <summary>When to look at the seat.</summary>
    public long DueAt { get; private set; }

    /// <summary>The session that held the seat when it was last looked at.</summary>
    public SessionPresence? Holder { get; private set; }

    /// <summary>Whether somebody holds the lock who is no candidate, and not only for a moment.</summary>
    public bool IsForeign { get; private set; }

    /// <summary>Who is to be served next, when it is to be looked after at the server.</summary>
    public Stand? Next => Taking is null && Seat is null ? _stands.FirstOrDefault() : null;

    public bool IsEmpty => _stands.Count == 0 && Taking is null && Seat is null;

    public void Add(Stand stand)
    {
        var place = _stands.FindIndex(s => Stand.Compare(stand, s) < 0);
        _stands.Insert(place < 0 ? _stands.Count : place, stand);
        if (_stands[0] == stand)
            LookAt(clock.GetTimestamp());
    }

    public bool Remove(Stand stand) => _stands.Remove(stand);

    public void LookAt(long timestamp) => DueAt = timestamp;

    /// <summary>
    /// The holder's session has ended. It lets go of one lock after the other: until the seat is free or another session
    /// holds it, it is to be looked at again.
    /// </summary>
    public void HolderEnded(SessionPresence holder)
    {
        _gone = holder;
        Unsettle();
        LookAt(clock.GetTimestamp());
    }

    /// <summary>What was seen of the seat; true when it is the turn of the next one here to take it.</summary>
    public bool Saw(SeatView view, Stand next)
    {
        var now = clock.GetTimestamp();
        Holder = null;
        IsForeign = false;
        if (view.Holder == 0)
        {
            _settlesUntil = null;
            _freeSince ??= now;
            LookAt(_freeSince.Value + (Turn * view.Better).ToTicksOf(clock));
            return DueAt <= now;
        }

        _freeSince = null;
        if (view.Released && _settlesUntil is null)
            Unsettle();
        if (Unsettled(view) && now < _settlesUntil)
        {
            LookAt(clock.After(_look));
            _look = _look * 1.5 < LongestLook ? _look * 1.5 : LongestLook;
            return false;
        }

        if (!view.Released)
            _settlesUntil = null;
        IsForeign = view.Program is not null;
        if (view.PresenceKey is { } key)
            Holder = new SessionPresence(view.Holder, key);
        LookAt(clock.After(next.Candidacy.RetryPeriod < LongestSettling / 2 ? next.Candidacy.RetryPeriod : LongestSettling / 2));
        return false;
    }

    private bool Unsettled(SeatView view) =>
        view.Released || (_gone is { } gone && gone.Backend == view.Holder && (view.PresenceKey is null || view.PresenceKey == gone.Key));

    private void Unsettle()
    {
        _settlesUntil = clock.After(LongestSettling);
        _look = FirstLook;
    }
}
