namespace AspireElection.Stores.Quorum.Protocol;

/// <content>
/// The news that nobody trusts in a term any more. Who does not hear it waits for the end of that term's lease, and votes
/// for nobody before: it is said again until somebody leads, by who gave the term back and by each who stands.
/// </content>
internal sealed partial class RaftState
{
    /// <summary>Each pause is twice the one before, up to this.</summary>
    private static readonly TimeSpan LongestRepeatPause = TimeSpan.FromSeconds(2);

    /// <summary>Far above what a line needs to come back; who is cut off for longer hears it from whoever stands.</summary>
    private static readonly TimeSpan LongestRepeating = TimeSpan.FromSeconds(30);

    /// <summary>The term that was <see cref="Lost"/> while the driver trusted in it; below zero for none.</summary>
    private long _lostTerm = -1;
    private TimeSpan _lostLease;
    private TimeSpan _repeatAt = TimeSpan.MaxValue;
    private TimeSpan _repeatPause;
    private TimeSpan _repeatEnd;

    /// <summary>
    /// The driver has ended all trust in a term that it was told to be <see cref="Lost"/>. Another peer's higher term took
    /// it, but no majority: those that promised their votes to this one would keep the promise to the end of the lease.
    /// </summary>
    public void Disown(TimeSpan now, long term)
    {
        if (_lostTerm < 0 || _lostTerm != term)
            return;
        _lostTerm = -1;
        if (Leader is not null)
        {
            // A majority is free, or it would not lead. If it dies at once the others are needed too: who stands tells them.
            _promise.Release(term);
            return;
        }

        TellReleased(now, term, _lostLease);
        if (Role == RaftRole.Follower)
            PlanCampaign(now);
    }

    /// <summary>Tells all that a term of this peer is over, unless they were told.</summary>
    private void TellReleased(TimeSpan now, long term, TimeSpan lease)
    {
        if (!_promise.Release(term))
            return;
        _out.Events.Add(new SeatVacated(term));
        SendReleased();
        RepeatReleased(now, lease);
    }

    private void SendReleased()
    {
        foreach (var peer in Others(_settings.Peers))
            Send(new SeatReleased(_settings.Self, peer, _promise.Released));
    }

    private void RepeatReleased(TimeSpan now, TimeSpan lease)
    {
        _repeatPause = _settings.ResendPeriod;
        _repeatAt = now + _repeatPause;
        _repeatEnd = now + (lease < LongestRepeating ? lease : LongestRepeating);
    }

    private void RepeatReleasedIfDue(TimeSpan now)
    {
        if (now < _repeatAt)
            return;
        SendReleased();
        _repeatPause = _repeatPause * 2 < LongestRepeatPause ? _repeatPause * 2 : LongestRepeatPause;
        _repeatAt = now + _repeatPause > _repeatEnd ? TimeSpan.MaxValue : now + _repeatPause;
    }
}
