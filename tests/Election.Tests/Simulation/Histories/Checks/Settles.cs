namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// Within a bound after the last fault there is one leader, of the highest priority of those that take part, and all of
/// them agree on who it is and on its term. The history ends when it has been so for a lease.
/// </summary>
internal sealed class Settles(History history) : Checker(history)
{
    private static readonly long s_period = TimeSpan.FromMilliseconds(20).Ticks;

    private long _nextLook = history.Plan.QuietFrom;
    private long _settledSince = -1;
    private bool _isSettled;

    public override void Look()
    {
        if (Now < _nextLook)
            return;
        _nextLook = Now + s_period;
        if (Unsettled() is not null || History.Outstanding() is not null)
            _settledSince = -1;
        else if (_settledSince < 0)
            _settledSince = Now;
        else if (Now - _settledSince > History.Plan.Lease.Ticks * 5 / 4)
        {
            _isSettled = true;
            History.End();
        }
    }

    public override void Finish()
    {
        if (Unsettled() is { } what)
            Fail($"{(Now - History.Plan.QuietFrom) / 1e7:0.0} s after the last fault {what}");
        else if (!_isSettled && History.Nodes.Any(n => n.TakesPart))
            Fail($"{(Now - History.Plan.QuietFrom) / 1e7:0.0} s after the last fault nothing has stayed as it is for a lease");
    }

    private string? Unsettled()
    {
        var here = History.Nodes.Where(n => n.TakesPart).ToList();
        if (here.Count == 0)
            return null;
        var leading = here.Where(n => n.Reign is not null).ToList();
        if (leading.Count != 1)
            return $"{leading.Count} nodes lead";
        var leader = leading[0];
        if (here.FirstOrDefault(n => n.Priority > leader.Priority) is { } better)
            return $"node {leader.Index} leads with priority {leader.Priority}, and node {better.Index} has {better.Priority}";
        foreach (var node in here)
        {
            if (node.Candidate!.Leader is not { } seen)
                return $"node {node.Index} sees no leader";
            if (seen.Term != leader.Reign!.Token || seen.NodeId != leader.Candidate!.Id.NodeId)
                return $"node {node.Index} sees {seen.NodeId} with {seen.Term} lead, and node {leader.Index} leads with {leader.Reign.Token}";
        }

        return null;
    }
}
