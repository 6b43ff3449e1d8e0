using AspireElection.Telemetry;

namespace AspireElection;

/// <content>What its parts ask of it and tell it.</content>
public sealed partial class Candidate
{
    void INode.Renewed(Leadership leadership) => Volatile.Read(ref _announcements)?.Beat(OwnAsLeader(leadership));

    void INode.GaveBack() => _presence.Refresh();

    Task INode.ResignAsync(Leadership leadership) => ResignAsync(TenureOf(leadership), LossReason.Resigned);

    void INode.Ended(Leadership leadership, LossReason reason, DateTimeOffset at)
    {
        // A grant that came too late was never announced, so there is nothing to take back.
        if (TenureOf(leadership) is not { } tenure)
            return;
        _observer.Gave(leadership.Token);
        Volatile.Read(ref _announcements)?.End(leadership.Token);
        if (!tenure.GivesBack)
            _presence.Refresh();
        _with.Telemetry.LostLeadership(at - leadership.Since, reason);
        ElectionLog.LostLeadership(Logger, Id.NodeId, Election, leadership.Token, ElectionTelemetry.Text(reason));
        Tell(new ElectionChange.LostLeadership(at, leadership, reason));
        Tell(new ElectionChange.Leaderless(at));
        tenure.Ended();
    }

    void INode.Saw(Sighting sighting, SeatNews news)
    {
        _campaign.Saw(sighting);
        if (news == SeatNews.Same)
            return;
        var now = Clock.GetUtcNow();
        if (sighting.Leader is not { } leader)
        {
            Tell(new ElectionChange.Leaderless(now));
        }
        else if (news == SeatNews.LeaderAgain)
        {
            Tell(new ElectionChange.LeaderAgain(now, leader));
        }
        else
        {
            ElectionLog.NewLeader(Logger, leader.NodeId, Election, leader.Term);
            Tell(new ElectionChange.NewLeader(now, leader));
        }

        _presence.RefreshSoon();
    }

    void INode.MembersHeard()
    {
        if (Volatile.Read(ref _tenure) is { } tenure && Precedence.BetterStands(tenure, Priority))
            tenure.Resign(LossReason.Preempted);
    }

    Candidacy INode.Stand()
    {
        _doubted = false;
        return new Candidacy(Election, Id, Times.Lease, Priority, _address(), this) { RetryPeriod = Times.RetryPeriod };
    }

    void INode.Doubt()
    {
        _doubted = true;
        Volatile.Read(ref _tenure)?.Doubt();
    }

    /// <summary>Without the address: the one of the user may throw, and a question about the living must not.</summary>
    private Member SelfUnlisted() => new(Election, Id, Role, Priority, null, _observer.HighestTerm);

    Member INode.Self() => new(
        Election, Id, Role, Priority, _address(), _observer.HighestTerm);

    private Leader OwnAsLeader(Leadership own) =>
        new(Id.NodeId, Id.Incarnation, _address(), own.Token, own.Since);
}
