namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// A node does not lead again while work of its earlier term runs, unless that work was given all of its time; and the
/// same job never runs twice at once in one process.
/// </summary>
internal sealed class WorkEndsBeforeTheNextTerm(History history) : Checker(history)
{
    private static readonly long s_slack = TimeSpan.FromMilliseconds(20).Ticks;

    public override void Began(Reign reign)
    {
        foreach (var run in reign.Node.Work!.Running)
        {
            var ended = History.Reigns.FirstOrDefault(r => r.Leadership == run.Leadership)?.EndedAt;
            var patience = reign.Host.Clock.InTrueTime((History.Plan.DrainLimit + History.Plan.Lease).Ticks) - s_slack;
            if (run.Leadership != reign.Leadership && ended is { } at && Now - at < patience)
                Fail($"node {reign.Node.Index} leads with {reign.Token} while {run.What} of its term {run.Leadership.Token} runs");
        }
    }

    public override void Started(WorkRun run)
    {
        if (run.Node.Work!.Running.Any(other => other != run && other.What == run.What && run.What != LeaderWork.Writer))
            Fail($"{run.What} runs twice at once on node {run.Node.Index}");
    }
}
