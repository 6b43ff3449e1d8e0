namespace AspireElection.Tests.Simulation.Histories;

/// <summary>What each fault does to the world when it begins and when it ends.</summary>
internal static class FaultActions
{
    public static void Begin(History history, Fault fault)
    {
        switch (fault.Kind)
        {
            case FaultKind.StoreHang:
                history.Server.Hang(fault.Length);
                break;
            case FaultKind.StoreRestart or FaultKind.StoreRestartEmpty:
                if (history.Server.IsUp)
                    history.Server.Stop(fault.Kind == FaultKind.StoreRestartEmpty);
                break;
            case FaultKind.StoreWipe:
                history.Server.Wipe();
                break;
            case FaultKind.EndSession:
                history.Server.EndHoldersSession();
                break;
            case FaultKind.SlowSession:
                history.Server.SlowSession(fault.Length);
                break;
            case FaultKind.RowLock:
                history.Server.LockRow(history.Elections.ElementAt((int)fault.Amount));
                break;
            case FaultKind.Resign:
                foreach (var leader in history.Nodes.Where(n => n.Reign is not null))
                    leader.Resign();
                foreach (var side in history.Nodes.SelectMany(n => n.Sides).Where(s => s.Held is not null))
                    side.Resign();
                break;
            default:
                foreach (var node in history.Nodes.Where(n => fault.Hits(n.Index)))
                    Begin(node, fault);
                break;
        }
    }

    public static void End(History history, Fault fault)
    {
        if (fault.Kind is FaultKind.StoreRestart or FaultKind.StoreRestartEmpty && !history.Server.IsUp)
            history.Server.Start();
        if (fault.Kind == FaultKind.RowLock)
            history.Server.LockRow(null);
        foreach (var node in history.Nodes.Where(n => fault.Hits(n.Index)))
        {
            if (fault.Kind == FaultKind.Crash)
                node.Start();
            else if (IsOfLine(fault.Kind))
            {
                node.Line?.Weather.End(fault, history.Time.Now);
                node.RegisterLine?.Weather.End(fault, history.Time.Now);
            }
        }
    }

    /// <summary>A new life of a node meets the faults that act on its line.</summary>
    public static void Greet(History history, Node node)
    {
        foreach (var fault in history.ActingFaults)
        {
            if (fault.Hits(node.Index) && IsOfLine(fault.Kind))
                Act(node, fault);
        }
    }

    private static void Begin(Node node, Fault fault)
    {
        switch (fault.Kind)
        {
            case FaultKind.Cut:
                node.Line?.Break();
                break;
            case FaultKind.Pause:
                node.Host?.Pause(fault.Length);
                break;
            case FaultKind.Suspend:
                node.Host?.Suspend(fault.Length);
                break;
            case FaultKind.WallStep:
                node.StepWall(fault.Amount);
                break;
            case FaultKind.Crash:
                node.Crash();
                break;
            case FaultKind.Priority:
                node.Priority = (int)fault.Amount;
                break;
            case FaultKind.Join:
                node.Start();
                break;
            case FaultKind.Leave:
                node.Leave();
                break;
            default:
                Act(node, fault);
                break;
        }
    }

    private static void Act(Node node, Fault fault)
    {
        node.Line?.Weather.Begin(fault);
        if (fault.Kind is FaultKind.Delay or FaultKind.LostReplies)
            node.RegisterLine?.Weather.Begin(fault);
    }

    private static bool IsOfLine(FaultKind kind) => kind is FaultKind.Delay or FaultKind.LostRequests or FaultKind.LostReplies
        or FaultKind.LostNews or FaultKind.Errors or FaultKind.Partition or FaultKind.PartitionOfRequests or FaultKind.PartitionOfReplies;
}
