namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// Where nothing fails, who ends a leadership on purpose gives the seat back at once instead of leaving it to its end.
/// </summary>
internal sealed class GivesBack(History history) : Checker(history)
{
    private static readonly long s_slack = TimeSpan.FromMilliseconds(60).Ticks;

    private readonly List<(Reign Reign, long By)> _due = [];
    private readonly HashSet<long> _released = [];

    public override void Ended(Reign reign)
    {
        if (!IsCalm() || reign.Leadership.EndedBecause is not (LossReason.Resigned or LossReason.Stopped or LossReason.Preempted))
            return;
        if (!_released.Contains(reign.Token))
            _due.Add((reign, Now + 20 * History.Plan.UsualDelay + s_slack));
    }

    public override void Released(long token)
    {
        _released.Add(token);
        _due.RemoveAll(d => d.Reign.Token == token);
    }

    public override void Look()
    {
        if (_due.Count == 0 || Now <= _due[0].By)
            return;
        if (IsCalm())
            Fail($"node {_due[0].Reign.Node.Index} ended {_due[0].Reign.Token} as {_due[0].Reign.Leadership.EndedBecause} and did not give it back");
        _due.RemoveAt(0);
    }

    private bool IsCalm() => History.CalmSince is { } calm && calm <= Now - 4 * History.Plan.Lease.Ticks;
}
