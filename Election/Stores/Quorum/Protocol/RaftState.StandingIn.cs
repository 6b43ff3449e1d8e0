namespace AspireElection.Stores.Quorum.Protocol;

/// <content>
/// In the paper every server stands. Here only those do for which a candidacy waits: where none of them has all that
/// may be committed, no vote would ever be given. A voter that has more therefore takes one term itself, in which
/// nobody holds the seat: it brings the logs up to date and hands over at once.
/// </content>
internal sealed partial class RaftState
{
    private bool _standsForOthers;

    /// <summary>How long such a term lasts at most.</summary>
    private Standing ForOthers => new(int.MinValue, _settings.CampaignTimeout * 4, []);

    /// <summary>A peer that waits for the seat asked for a vote that the log forbids to give.</summary>
    private void StandForOthers(TimeSpan now)
    {
        if (_standing is not null || _standsForOthers || !IsEligible)
            return;
        _standsForOthers = true;
        PlanCampaign(now);
    }

    /// <summary>Behind those that wait: one of them may have all it needs, and more than one may stand in.</summary>
    private int RankForOthers() => _standsForOthers ? 1 + _random.Next(Eligible.Count) : 0;
}
