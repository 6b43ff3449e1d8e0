namespace AspireElection.Tests.Simulation.Histories;

/// <summary>The loops of a candidate whose process runs go on turning, whatever its store and its work do.</summary>
internal sealed class LoopsTurn(History history) : Checker(history)
{
    private long _nextLook;

    public override void Look()
    {
        if (Now < _nextLook)
            return;
        var lease = History.Plan.Lease;
        _nextLook = Now + lease.Ticks;
        var limit = lease * 4 + TimeSpan.FromSeconds(3) + History.Plan.DrainLimit;
        foreach (var node in History.Nodes)
        {
            if (node is { TakesPart: true, Host: { Runs: true } host } && Now - Math.Max(host.RunsSince, node.StartedAt) > limit.Ticks * 2 && node.Candidate!.LoopSilence > limit)
                Fail($"the loops of node {node.Index} have stood still for {node.Candidate.LoopSilence}");
        }
    }
}
