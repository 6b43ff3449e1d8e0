namespace AspireElection;

/// <summary>What a store needs to know of a candidate that stands in line. Safe for use by several threads.</summary>
public sealed class Candidacy
{
    private readonly Action? _renewNow;
    private readonly INode? _node;
    private Sighting? _lastSeen;
    private long _highestToken;
    private long _highestTokenOfOthers;

    /// <summary>Stands in line.</summary>
    /// <param name="election">The election's name.</param>
    /// <param name="id">Who stands.</param>
    /// <param name="leaseDuration">How long a silent leader keeps the seat.</param>
    /// <param name="priority">Higher is preferred; ties go to the lower node id, compared ordinally.</param>
    /// <param name="address">Absolute URL of the node, shown to others; null when it has none.</param>
    /// <param name="renewNow">See <see cref="RenewNow"/>.</param>
    public Candidacy(
        string election,
        CandidateId id,
        TimeSpan leaseDuration,
        int priority = 0,
        string? address = null,
        Action? renewNow = null)
    {
        Election = election;
        Id = id;
        LeaseDuration = leaseDuration;
        Priority = priority;
        Address = address;
        _renewNow = renewNow;
    }

    /// <summary>A candidate's own, without a delegate for each.</summary>
    internal Candidacy(string election, CandidateId id, TimeSpan leaseDuration, int priority, string? address, INode node)
        : this(election, id, leaseDuration, priority, address) => _node = node;

    /// <summary>The election's name.</summary>
    public string Election { get; }

    /// <summary>Who stands.</summary>
    public CandidateId Id { get; }

    /// <summary>How long a silent leader keeps the seat.</summary>
    public TimeSpan LeaseDuration { get; }

    /// <summary>Higher is preferred.</summary>
    public int Priority { get; }

    /// <summary>Absolute URL of the node, or null.</summary>
    public string? Address { get; }

    /// <summary>How often the store looks where it cannot be told. At most the lease; default a fifth of it.</summary>
    public TimeSpan RetryPeriod { get => field > TimeSpan.Zero ? field : LeaseDuration / 5; init; }

    /// <summary>The highest token that this candidate has seen of any term, 0 before the first.</summary>
    public long HighestToken => Interlocked.Read(ref _highestToken);

    /// <summary>
    /// The same without this candidate's own terms. A leader that gives its place back may name its successor (etcd): that term is
    /// known to everybody, the successor among them, before it leads, and has to be above all others but not above itself.
    /// </summary>
    internal long HighestTokenOfOthers => Interlocked.Read(ref _highestTokenOfOthers);

    /// <summary>
    /// The last that was seen of the seat. A store that lost its word (wiped, restored, promoted) hands out a seat
    /// that somebody still trusts in; a candidate therefore takes no seat before <see cref="Sighting.EndsAt"/> of a
    /// term that it knows, unless the store shows the release of that very term.
    /// </summary>
    public Sighting? LastSeen => Volatile.Read(ref _lastSeen);

    /// <summary>
    /// Keeps what was seen of the seat. A seat that is free without a release is what a wiped store shows: it says
    /// nothing about the term that was seen before, which is kept.
    /// </summary>
    public void Saw(Sighting sighting)
    {
        if (sighting.Leader is not null || sighting.Released)
            Volatile.Write(ref _lastSeen, sighting);
        if (sighting.Leader is not { } leader)
            return;
        Raise(ref _highestToken, leader.Term);
        if (leader.Incarnation != Id.Incarnation)
            Raise(ref _highestTokenOfOthers, leader.Term);
    }

    /// <summary>Keeps a token that was seen.</summary>
    public void SawToken(long token)
    {
        Raise(ref _highestToken, token);
        Raise(ref _highestTokenOfOthers, token);
    }

    /// <summary>
    /// A store calls this when it has reason to doubt the term that it granted (the line broke or came back, the
    /// server ended the session): the candidate renews at once, and the answer decides. Never blocks, may be called
    /// from any thread.
    /// </summary>
    public void RenewNow()
    {
        _renewNow?.Invoke();
        _node?.Doubt();
    }

    private static void Raise(ref long highest, long token)
    {
        long known;
        while ((known = Interlocked.Read(ref highest)) < token)
            Interlocked.CompareExchange(ref highest, token, known);
    }
}
