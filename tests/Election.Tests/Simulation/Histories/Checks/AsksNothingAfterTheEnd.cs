namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// Who does not believe in its term any more does not renew it: that would keep the seat, in which nobody leads, from
/// everybody for another lease. Where a renewal is a request of its own that is sent when it is asked for.
/// </summary>
internal sealed class AsksNothingAfterTheEnd(History history) : Checker(history)
{
    public override void Sent(int node, string what)
    {
        if (what == "renew" && History.Nodes[node] is { Candidate: { IsLeader: false } } past)
            Fail($"node {past.Index} renews, and its term is over");
    }
}
