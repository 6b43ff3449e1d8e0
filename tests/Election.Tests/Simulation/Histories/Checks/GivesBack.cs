namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// Where nothing fails, who ends a leadership on purpose gives the seat back at once instead of leaving it to its end,
/// and who was resigned by an operator does not ask for it again for a lease while somebody else leads.
/// </summary>
internal sealed class GivesBack(History history) : Checker(history)
{
    private static readonly long s_slack = TimeSpan.FromMilliseconds(60).Ticks;

    private readonly List<(Reign Reign, long By)> _due = [];
    private readonly HashSet<long> _released = [];
    private Reign? _resigned;

    public override void Ended(Reign reign)
    {
        if (!IsCalm() || reign.Leadership.EndedBecause is not (LossReason.Resigned or LossReason.Stopped or LossReason.Preempted))
            return;
        if (!_released.Contains(reign.Token))
            _due.Add((reign, Now + 20 * History.Plan.UsualDelay + s_slack));
        _resigned = reign.Leadership.EndedBecause == LossReason.Resigned ? reign : null;
    }

    public override void Released(long token)
    {
        _released.Add(token);
        _due.RemoveAll(d => d.Reign.Token == token);
    }

    public override void Began(Reign reign)
    {
        // A seat that stayed free may be asked for by the resigned as well.
        if (_resigned is { } resigned && Now - resigned.EndedAt > History.Plan.Lease.Ticks / 10)
            _resigned = null;
    }

    public override void Served(int node, string what)
    {
        if (what != "acquire" || _resigned is not { } resigned || node != resigned.Node.Index || resigned.Node.Host != resigned.Host)
            return;
        var wait = resigned.Host.Clock.InTrueTime(History.Plan.Lease.Ticks);
        if (Now - resigned.EndedAt < wait && IsCalm() && History.Nodes.Any(n => n.Index != node && n.Reign is not null))
            Fail($"node {node} stands again {(Now - resigned.EndedAt) / 1e4:0.0} ms after it was resigned");
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
