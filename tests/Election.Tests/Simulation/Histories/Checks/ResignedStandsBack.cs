namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// Who was resigned by an operator does not stand for a lease, where somebody else took the seat before anybody could
/// believe that nobody would.
/// </summary>
internal sealed class ResignedStandsBack(History history) : Checker(history)
{
    private Reign? _resigned;
    private Reign? _next;

    /// <summary>A look at the seat whose answer was lost is waited for as long as any, and until then the leader is not seen.</summary>
    private long Settled => Now - 4 * History.Plan.Lease.Ticks - TimeSpan.FromSeconds(6).Ticks;

    public override void Ended(Reign reign)
    {
        if (reign == _next)
            _resigned = null;
        if (reign.Leadership.EndedBecause is not LossReason.Resigned || !reign.Host.IsAlive)
            return;
        _next = null;
        _resigned = IsCalm() && reign.Node.StartedAt <= Settled ? reign : null;
    }

    public override void Began(Reign reign)
    {
        if (_resigned is not { EndedAt: { } ended } resigned || _next is not null)
            return;
        // It is seen free for longer by some whom the news reach late.
        var quick = resigned.Host.Clock.InTrueTime(History.Plan.Lease.Ticks / 10) - 4 * History.Plan.UsualDelay;
        if (reign.Node != resigned.Node && Now - ended < quick && reign.Node.StartedAt <= Settled)
            _next = reign;
        else
            _resigned = null;
    }

    public override void Sent(int node, string what)
    {
        if (what is not ("acquire" or "open a session" or "enter the line" or "grant a lease") || _resigned is not { EndedAt: { } ended } resigned ||
            resigned.Node.Index != node || _next is null || resigned.Node.Host != resigned.Host || !IsCalm())
        {
            return;
        }

        if (Now - ended < resigned.Host.Clock.InTrueTime(History.Plan.Lease.Ticks) * 9 / 10)
            Fail($"node {node} stands again {(Now - ended) / 1e4:0} ms after an operator resigned it");
        _resigned = null;
    }

    private bool IsCalm() => History.CalmSince is { } calm && calm <= Settled;
}
