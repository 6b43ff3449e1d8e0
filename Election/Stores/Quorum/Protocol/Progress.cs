namespace AspireElection.Stores.Quorum.Protocol;

/// <summary>
/// What a leader knows of one follower's log. Until an answer has shown where both are the same, one message at a time
/// asks for it; after that entries are sent as they come. Without the first, each of many rejected messages would be
/// answered by another one, and a slow network by a flood.
/// </summary>
internal sealed class Progress(long next, TimeSpan now)
{
    private bool _asking = true;
    private bool _asked;

    /// <summary>Up to here its log is known to be the leader's.</summary>
    public long Match { get; private set; }

    /// <summary>The next entry to send: ahead of <see cref="Match"/> by what is under way.</summary>
    public long Next { get; private set; } = next;

    /// <summary>Whether entries may be sent now.</summary>
    public bool TakesEntries => !_asking || !_asked;

    public TimeSpan HeardAt { get; private set; } = now;

    public TimeSpan SentAt { get; private set; } = now;

    public TimeSpan SnapshotSentAt { get; private set; } = TimeSpan.MinValue;

    public long CommitSent { get; private set; }

    public void Heard(TimeSpan now) => HeardAt = now > HeardAt ? now : HeardAt;

    public void Sent(TimeSpan now, int entries, long commit)
    {
        CommitSent = Math.Max(CommitSent, commit);
        if (entries == 0)
            return;
        SentAt = now;
        _asked = true;
        if (!_asking)
            Next += entries;
    }

    public void SentSnapshot(TimeSpan now) => SnapshotSentAt = now;

    /// <summary>Answers may be overtaken: what matched once does so for the whole term.</summary>
    public void Matched(long match)
    {
        Match = Math.Max(Match, match);
        if (_asking && match >= Next - 1)
            _asking = false;
        Next = Math.Max(Next, Match + 1);
    }

    /// <summary>Goes back to where both logs may be the same. False when the answer is no news.</summary>
    public bool Rejected(long previous, long hint)
    {
        if (previous <= Match || (_asking ? previous != Next - 1 : previous >= Next))
            return false;
        Next = Math.Max(Match, Math.Min(hint, previous - 1)) + 1;
        _asking = true;
        _asked = false;
        return true;
    }

    /// <summary>What was under way is taken to be lost.</summary>
    public void StartAgain()
    {
        Next = Match + 1;
        _asking = true;
        _asked = false;
    }
}
