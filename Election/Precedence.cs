using AspireElection.Timing;

namespace AspireElection;

/// <summary>Who makes way for whom: a leader for a better candidate, and a leader that an operator resigned for the others.</summary>
internal sealed class Precedence(CandidateId self, Presence presence, SeatObserver seat, LeadershipTimes times, TimeProvider clock)
{
    /// <summary>Whether a living member of strictly higher priority stands.</summary>
    /// <remarks>
    /// Not in the first lease of a term: the better one may be the operator's resigned leader, which does not stand
    /// yet; the seat would go back and forth until it does.
    /// </remarks>
    public bool BetterStands(Tenure tenure, int priority) =>
        clock.GetElapsedTime(tenure.StartedAt) > times.Lease + times.RetryPeriod &&
        presence.Alive.Any(m => m.Priority > priority && m.Role is Role.Follower or Role.Candidate);

    /// <summary>
    /// After a resign by an operator: somebody else's turn, for one lease, unless there is nobody else. Others on the
    /// list may have been resigned as well, or be cut off: where none takes the seat, this node stands again.
    /// </summary>
    public async Task HoldOffAsync(Campaign campaign)
    {
        if (!presence.Recent.Any(m => m.Id != self && m.Role != Role.Observer))
            return;
        var end = clock.After(times.Lease);
        while (!campaign.Stops && clock.Until(end) > TimeSpan.Zero && !(seat.FreeFor > times.RetryPeriod))
            await campaign.PauseAsync(Shorter(clock.Until(end), times.RetryPeriod / 2));
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
