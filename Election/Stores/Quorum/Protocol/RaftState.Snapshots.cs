namespace AspireElection.Stores.Quorum.Protocol;

/// <content>Snapshots keep the log from growing without bound: paper, section 7.</content>
internal sealed partial class RaftState
{
    /// <summary>The driver's state machine after the entry at <paramref name="index"/>, which stands for the log up to there.</summary>
    /// <param name="index">At most the last committed entry that the driver was given.</param>
    /// <param name="data">Given back by <see cref="Ready.Restores"/>, here after a restart or at a follower.</param>
    public void Compact(long index, byte[] data)
    {
        if (index > _out.AppliedTo)
            throw new ArgumentOutOfRangeException(nameof(index), index, $"Only entries up to {_out.AppliedTo} were given to the state machine.");
        if (index <= _log.SnapshotIndex)
            return;
        var snapshot = new Snapshot(index, _log[index].Term, _eligibility.At(index), data);
        _log.Compact(snapshot);
        _eligibility.Compact(index);
        _out.Store(snapshot);
    }

    private void SendSnapshot(TimeSpan now, Seat seat, string peer, Progress follower)
    {
        // It is large: not with every heartbeat.
        if (follower.SnapshotSentAt > TimeSpan.MinValue && now - follower.SnapshotSentAt < _settings.ResendPeriod * 4)
            return;
        follower.SentSnapshot(now);
        ResendBy(seat, now + (_settings.ResendPeriod * 4));
        Send(new InstallSnapshot(_settings.Self, peer, Term, _log.Snapshot!));
    }

    private void Install(TimeSpan now, InstallSnapshot install)
    {
        if (!Accept(now, install))
            return;
        var snapshot = install.Snapshot;
        if (snapshot.Index > Commit)
        {
            _log.StartFrom(snapshot);
            _eligibility.StartOver(snapshot.Eligible);
            foreach (var entry in _log.From(_log.FirstIndex))
                _eligibility.Appended(entry);
            Commit = snapshot.Index;
            _out.Restore(snapshot);
        }

        Send(new AppendAnswer(_settings.Self, install.From, Term, Matched: true, Commit, 0, 0, 0));
    }
}
