namespace AspireElection.Stores.Quorum.Protocol;

/// <summary>What a leader knows of one follower's log.</summary>
internal sealed class Progress(long next, TimeSpan now)
{
    /// <summary>Up to here its log is known to be the leader's.</summary>
    public long Match { get; private set; }

    /// <summary>The next entry to send: ahead of <see cref="Match"/> by what is under way.</summary>
    public long Next { get; private set; } = next;

    public TimeSpan HeardAt { get; private set; } = now;

    public TimeSpan SentAt { get; private set; } = now;

    public TimeSpan SnapshotSentAt { get; private set; } = TimeSpan.MinValue;

    public long CommitSent { get; private set; }

    public void Heard(TimeSpan now) => HeardAt = now > HeardAt ? now : HeardAt;

    public void Sent(TimeSpan now, int entries, long commit)
    {
        Next += entries;
        SentAt = entries > 0 ? now : SentAt;
        CommitSent = commit;
    }

    public void SentSnapshot(TimeSpan now) => SnapshotSentAt = now;

    /// <summary>Answers may be overtaken: what matched once does so for the whole term.</summary>
    public void Matched(long match)
    {
        Match = Math.Max(Match, match);
        Next = Math.Max(Next, Match + 1);
    }

    /// <summary>Goes back to where both logs may be the same. False when a later answer said more already.</summary>
    public bool Rejected(long previous, long hint)
    {
        if (previous <= Match || previous >= Next)
            return false;
        Next = Math.Max(Match, Math.Min(hint, previous - 1)) + 1;
        return true;
    }

    /// <summary>What was under way is taken to be lost.</summary>
    public void StartAgain() => Next = Match + 1;
}
