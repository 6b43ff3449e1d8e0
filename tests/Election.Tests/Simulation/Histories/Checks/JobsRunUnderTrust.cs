namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// A job begins only while its node leads, and never runs on two nodes that both believe that they do; nothing begins under a
/// term in which its node never led, as one whose grant came too late.
/// </summary>
internal sealed class JobsRunUnderTrust(History history) : Checker(history)
{
    public override void Started(WorkRun run)
    {
        // One that the store took back in the very instant of its grant was believed in for no time at all.
        if (run.Leadership.EndedBecause != LossReason.Lost && !History.Reigns.Exists(r => r.Leadership == run.Leadership))
            Fail($"{run.What} begins on node {run.Node.Index} under term {run.Leadership.Token}, in which it never led");
        if (run.What == LeaderWork.Writer)
            return;
        if (!run.Leadership.IsTrusted)
            Fail($"{run.What} begins on node {run.Node.Index} under term {run.Leadership.Token}, which is over");
        foreach (var other in History.Nodes.Where(n => n != run.Node && n.Work is not null && n.Host is { Runs: true }))
        {
            if (other.Work!.Running.FirstOrDefault(r => r.What == run.What && r.Leadership.IsTrusted) is { } twin && !History.Excuses(twin.Leadership, run.Leadership))
                Fail($"{run.What} runs on node {other.Index} under {twin.Leadership.Token} and on node {run.Node.Index} under {run.Leadership.Token}");
        }
    }
}
