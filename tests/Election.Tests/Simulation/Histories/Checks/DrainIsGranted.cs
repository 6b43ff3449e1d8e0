namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// Who resigns in an orderly way gives the seat back only after its work has ended or the drain limit has passed.
/// </summary>
internal sealed class DrainIsGranted(History history) : Checker(history)
{
    private static readonly long s_slack = TimeSpan.FromMilliseconds(20).Ticks;

    private readonly Dictionary<Leadership, long> _toldAt = [];

    public override void Look()
    {
        foreach (var node in History.Nodes)
        {
            if (node.Reign is { } reign && reign.Leadership.Resigning.IsCancellationRequested)
                _toldAt.TryAdd(reign.Leadership, Now);
        }
    }

    public override void Released(long token)
    {
        if (History.Reigns.FindLast(r => r.Token == token) is not { } reign || reign.Node.Host != reign.Host)
            return;
        var running = reign.Node.Work!.Running.Find(r => r.Leadership == reign.Leadership);
        if (running is null)
            return;
        var limit = reign.Host.Clock.InTrueTime(History.Plan.DrainLimit.Ticks) - s_slack;
        if (!_toldAt.TryGetValue(reign.Leadership, out var told) || Now - told < limit)
            Fail($"node {reign.Node.Index} gave back {token} while {running.What} still had time to drain");
    }
}
