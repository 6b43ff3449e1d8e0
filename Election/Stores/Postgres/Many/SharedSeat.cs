namespace AspireElection.Stores.Postgres.Many;

/// <summary>A seat that is held by a session together with others.</summary>
internal sealed class SharedSeat(Candidacy candidacy, long key, Term term, long endsAt, SessionSlot slot)
{
    private long _endsAt = endsAt;

    public Candidacy Candidacy { get; } = candidacy;

    public long Key { get; } = key;

    public Term Term { get; } = term;

    public SessionSlot Slot { get; } = slot;

    /// <summary>Whether the term before was given back, where there was one.</summary>
    public bool? GivenBack { get; init; }

    /// <summary>The longest lease that this term was given; its row says the same.</summary>
    public TimeSpan Lease { get; set; } = candidacy.LeaseDuration;

    /// <summary>Given back, lost or run out: never again renewed.</summary>
    public bool IsOver { get; set; }

    /// <summary>Completes when the lock of a seat that is over was given back, or is gone with its session.</summary>
    public Task Unlocked { get; set; } = Task.CompletedTask;

    /// <summary>
    /// When it runs out because nobody asked for its renewal: the session lives on with the others, and would keep the
    /// seat of one that has stopped.
    /// </summary>
    public long EndsAt => Interlocked.Read(ref _endsAt);

    public void EndNotBefore(long timestamp)
    {
        if (timestamp > EndsAt)
            Interlocked.Exchange(ref _endsAt, timestamp);
    }
}
