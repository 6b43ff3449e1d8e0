namespace AspireElection;

/// <summary>A follower's ear for a leader of its own process: acknowledges heartbeats, and knows when they have stopped.</summary>
/// <param name="announcements">Where the leader speaks.</param>
/// <param name="self">Who listens.</param>
/// <param name="patience">For how long a leader may be silent: after that it does not believe in its term any more.</param>
/// <param name="clock">The clock of trust.</param>
internal sealed class Attendance(Announcements announcements, CandidateId self, TimeSpan patience, TimeProvider clock)
{
    private Heard? _heard;

    /// <summary>Whether the heartbeats of this very leader were heard and have stopped.</summary>
    public bool Misses(Leader leader) =>
        Volatile.Read(ref _heard) is { } heard && heard.Term == leader.Term && clock.GetElapsedTime(heard.At) > patience;

    public async Task RunAsync(CancellationToken stopping)
    {
        using var listener = announcements.Listen();
        try
        {
            await foreach (var announcement in listener.ReadAsync(stopping))
                Hear(announcement, listener);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // It leaves.
        }
    }

    private void Hear(Announcement announcement, Listener listener)
    {
        var leader = announcement.Leader;
        if (leader.NodeId == self.NodeId && leader.Incarnation == self.Incarnation)
            return;
        Volatile.Write(ref _heard, new Heard(leader.Term, clock.GetTimestamp()));
        if (announcement is Announcement.Heartbeat heartbeat)
            listener.Acknowledge(heartbeat);
    }

    private sealed record Heard(long Term, long At);
}
