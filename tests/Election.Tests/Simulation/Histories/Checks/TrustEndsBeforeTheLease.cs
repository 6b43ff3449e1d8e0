namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// A leader never believes for longer than the store lets it: the end of its trust, by its own clock, comes before the
/// end of its lease, by the store's. Two leaders would need somebody else to be quick; this shows what makes them possible.
/// </summary>
internal sealed class TrustEndsBeforeTheLease(History history) : Checker(history)
{
    public override void Look()
    {
        foreach (var node in History.Nodes)
        {
            if (node.Reign is not { } reign || History.Server.LeaseLeft(reign.Leadership.Term) is not { } lease)
                continue;
            var (end, now) = (reign.Leadership.EndDueAt, reign.Host.Clock.GetTimestamp());
            if (end > now && reign.Host.Clock.InTrueTime(end - now) is var trust && trust > lease)
                Fail($"node {node.Index} trusts in term {reign.Token} for {trust / 1e4:0.0} ms, and its lease ends in {lease / 1e4:0.0} ms");
        }
    }
}
