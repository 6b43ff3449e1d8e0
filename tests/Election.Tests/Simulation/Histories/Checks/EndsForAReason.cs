namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// No leadership is thrown away: it is lost only if the store does not hold it any more, and makes way only where
/// somebody of higher priority may stand.
/// </summary>
internal sealed class EndsForAReason(History history) : Checker(history)
{
    public override void Ended(Reign reign)
    {
        switch (reign.Leadership.EndedBecause)
        {
            // A session that its client gave up holds its locks until the server hears of it.
            case LossReason.Lost when History.Plan.Kind != StoreKind.Shared && History.Server.LeaseLeft(reign.Leadership.Term) is { } left:
                Fail($"node {reign.Node.Index} gave up {reign.Token} as lost, and the store would have kept it for {left / 1e4:0.0} ms");
                break;
            case LossReason.Preempted when Lowest(reign.Node) >= History.Nodes.Where(n => n != reign.Node).Max(Highest):
                Fail($"node {reign.Node.Index} made way with {reign.Token} for nobody better");
                break;
        }
    }

    private int Lowest(Node node) => Priorities(node).Min();

    private int Highest(Node node) => Priorities(node).Max();

    private IEnumerable<int> Priorities(Node node) => History.Plan.Faults
        .Where(f => f.Kind == FaultKind.Priority && f.Hits(node.Index)).Select(f => (int)f.Amount).Prepend(node.Plan.Priority);
}
