namespace AspireElection.Stores.Quorum.Protocol;

/// <summary>Says once that too few peers answer, again when their number changes, and once that enough do.</summary>
internal sealed class Reachability(Outbox outbox)
{
    private int? _missing;

    public void Answered(int reachable, int eligible)
    {
        if (reachable > eligible / 2)
        {
            if (_missing is not null)
                outbox.Events.Add(new MajorityBack());
            _missing = null;
        }
        else if (_missing != reachable)
        {
            _missing = reachable;
            outbox.Events.Add(new MajorityMissing(reachable, eligible));
        }
    }

    /// <summary>A leader that was heard has a majority, or had one just now.</summary>
    public void LeaderHeard() => Answered(1, 1);
}
