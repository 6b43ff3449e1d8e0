namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// One request that nobody answers costs no term: each renewal is bounded by the renew period and then tried again. A
/// leadership that ran out although everything had been in order for longer than that was not renewed as it should have been.
/// </summary>
internal sealed class KeepsItsTerm(History history) : Checker(history)
{
    private static readonly long s_slack = TimeSpan.FromMilliseconds(15).Ticks;

    public override void Ended(Reign reign)
    {
        if (reign.Leadership.EndedBecause is not LossReason.Expired || reign.Node.Host != reign.Host || reign.Node.Line is not { IsUp: true } line)
            return;
        // A renewal that was sent before everything was in order again, and a quarter of a period before the next one.
        var attempts = reign.Host.Clock.InTrueTime(History.Plan.Lease.Ticks * 5 / 12) + 4 * History.Plan.UsualDelay + s_slack;
        // Where what was lost is sent again, it holds up what was sent after it.
        var heldUp = History.Plan.Kind == StoreKind.Lease ? 0 : History.Plan.Lease.Ticks;
        var since = Now - attempts;
        if (line.Weather.IsFair && line.Weather.FairSince <= since - heldUp && line.ConnectedSince <= since - heldUp && reign.Host.RunsSince <= since &&
            reign.BeganAt <= since && History.StoreCalmSince is { } calm && calm <= since - heldUp && History.GrantedAt.TryGetValue(reign.Token, out var granted) &&
            !History.Breaks.Exists(b => b.At >= granted))
        {
            Fail($"node {reign.Node.Index} let {reign.Token} run out, and nothing has kept it from renewing for {attempts / 1e4:0} ms");
        }
    }
}
