namespace AspireElection.Tests.Stores.Quorum.Histories;

/// <summary>Lets faults begin and end.</summary>
internal static class RaftFaults
{
    public static void Begin(RaftHistory history, RaftFault fault)
    {
        // Whoever leads is hit most often; nobody would notice the fall of a follower.
        var node = fault.Node >= 0
            ? history.Nodes[fault.Node]
            : history.Nodes.FirstOrDefault(n => n.Trusts) ?? history.Nodes[0];
        var end = Math.Min(history.Now + fault.For, RaftPlan.FaultsEnd);
        history.Note(node.Index, fault.ToString());
        switch (fault.Kind)
        {
            case RaftFaultKind.Crash:
                node.Crash();
                history.At(end, node.Start);
                break;
            case RaftFaultKind.Pause:
                node.PauseUntil(end);
                break;
            case RaftFaultKind.Partition:
                var side = fault.Node < 0 ? 1L << node.Index : fault.Value;
                Cut(history, (from, to) => ((side >> from) & 1) != ((side >> to) & 1), end);
                break;
            case RaftFaultKind.OneWay:
                Cut(history, (from, to) => from == node.Index || (fault.Value == 0 && to == 0), end);
                break;
            case RaftFaultKind.Slow:
                node.SlowUntil(end, fault.Value);
                break;
            case RaftFaultKind.NoRenewals:
                node.Seat.PauseUntil(end);
                break;
            case RaftFaultKind.Resign:
                node.Do(now => node.Seat.Resign(now, holdOff: true));
                break;
            case RaftFaultKind.Leave:
                node.Do(now => node.Seat.Leave(now));
                history.At(end, () => node.Do(now => node.Seat.Return(now)));
                break;
            case RaftFaultKind.Priority:
                node.Do(now => node.Seat.SetPriority(now, (int)fault.Value));
                break;
            case RaftFaultKind.MakeEligible:
                TryEligible(history, fault, tries: 20);
                break;
        }
    }

    private static void Cut(RaftHistory history, Func<int, int, bool> isCut, long until)
    {
        var cut = (from f in Enumerable.Range(0, history.Nodes.Count) from t in Enumerable.Range(0, history.Nodes.Count) where f != t && isCut(f, t) select (f, t)).ToArray();
        foreach (var (from, to) in cut)
            history.Network.Cut(from, to, 1);
        history.At(until, () => Array.ForEach(cut, c => history.Network.Cut(c.f, c.t, -1)));
    }

    /// <summary>Somebody asks the leader, whoever that is, to take all others in, one by one.</summary>
    private static void TryEligible(RaftHistory history, RaftFault fault, int tries)
    {
        history.Nodes.FirstOrDefault(n => n.Trusts)?.MakeEligible();
        if (tries > 0 && history.IsDisturbed)
            history.At(history.Now + (fault.For / 20), () => TryEligible(history, fault, tries - 1));
    }
}
