namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// Once a leadership is over its work is told: at once, and after a suspend, in which timers stand still, within the
/// slice in which the core sleeps.
/// </summary>
internal sealed class LossIsTold(History history) : Checker(history)
{
    private static readonly long s_slack = TimeSpan.FromMilliseconds(5).Ticks;

    private readonly List<Reign> _over = [];

    public override void Ended(Reign reign)
    {
        if (reign.Host.IsAlive)
            _over.Add(reign);
    }

    public override void Look()
    {
        for (var i = _over.Count - 1; i >= 0; i--)
        {
            var reign = _over[i];
            if (!reign.Host.IsAlive || reign.Leadership.Lost.IsCancellationRequested)
                _over.RemoveAt(i);
            else if (reign.Host.Runs && Now > Math.Max(reign.EndedAt!.Value, reign.Host.RunsSince) + Slice(reign))
                Fail($"node {reign.Node.Index} did not tell its work that term {reign.Token} is over");
        }
    }

    private long Slice(Reign reign) => reign.Host.Clock.InTrueTime(History.Plan.Lease.Ticks / 10) + s_slack;
}
