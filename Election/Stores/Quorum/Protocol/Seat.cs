namespace AspireElection.Stores.Quorum.Protocol;

/// <summary>What a peer keeps while it is the leader of a term.</summary>
internal sealed class Seat(long term, Standing standing, long firstIndex, TimeSpan now)
{
    public long Term => term;

    /// <summary>The candidacy that won.</summary>
    public Standing Standing => standing;

    /// <summary>Index of the term's first entry.</summary>
    public long FirstIndex => firstIndex;

    public Dictionary<string, Progress> Followers { get; } = [];

    public Rounds Rounds { get; } = new();

    /// <summary>Whether the driver was told.</summary>
    public bool Announced { get; set; }

    /// <summary>Whether a round was sent for the announcement because the confirmed one was old.</summary>
    public bool Refreshed { get; set; }

    /// <summary>When the last confirmed round with a lease was sent.</summary>
    public TimeSpan? ConfirmedAt { get; set; }

    /// <summary>When the leader steps down by itself, unless another round is confirmed.</summary>
    public TimeSpan LeaseEnd { get; private set; } = now + standing.Lease;

    /// <summary>Until when the driver may trust at most.</summary>
    public TimeSpan TrustEnd { get; private set; } = TimeSpan.MinValue;

    /// <summary>The same, of rounds that were confirmed since the last change of who is eligible.</summary>
    public TimeSpan CoveredEnd { get; private set; } = TimeSpan.MinValue;

    /// <summary>Set once the seat is given back: when the hand-over is no longer waited for.</summary>
    public TimeSpan? ReleaseBy { get; set; }

    /// <summary>Until when a release waits for the answers of all that are in reach before it chooses; null while it does not.</summary>
    public TimeSpan? ChooseAt { get; set; }

    public bool Releasing => ReleaseBy is not null;

    /// <summary>When to look for followers that are behind.</summary>
    public TimeSpan ResendAt { get; set; } = TimeSpan.MaxValue;

    public TimeSpan WakeAt
    {
        get
        {
            var end = ChooseAt ?? ReleaseBy ?? LeaseEnd;
            return ResendAt < end ? ResendAt : end;
        }
    }

    public void Confirmed(Round round)
    {
        var end = round.SentAt + round.Lease;
        LeaseEnd = end > LeaseEnd ? end : LeaseEnd;
        TrustEnd = end > TrustEnd ? end : TrustEnd;
        CoveredEnd = end > CoveredEnd ? end : CoveredEnd;
        ConfirmedAt = ConfirmedAt is { } at && at > round.SentAt ? at : round.SentAt;
    }

    public void EligibilityChanged() => CoveredEnd = TimeSpan.MinValue;

    /// <summary>Whether a follower answered within the last lease: others are only tried with heartbeats.</summary>
    public bool IsInReach(string peer, TimeSpan at) =>
        Followers.TryGetValue(peer, out var follower) && follower.HeardAt + standing.Lease > at;
}
