namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// At most one node believes that it leads, at any instant of true time. Where the store broke its word the old leader
/// may believe for a little longer: as long as it takes to hear of it, and until the end of its trust at most. Whoever knew
/// then that it leads is not excused.
/// </summary>
internal sealed class OneLeader(History history) : Checker(history)
{
    /// <summary>What is promised where the line is up.</summary>
    private static readonly long s_untilTold = TimeSpan.FromMilliseconds(50).Ticks;

    public override void Look()
    {
        Reign? one = null;
        foreach (var node in History.Nodes)
        {
            if (node.Reign is not { } reign || !reign.Host.Runs)
                continue;
            if (one is not null && !IsExcused(one, reign))
            {
                Fail($"node {one.Node.Index} leads with {one.Token} and node {reign.Node.Index} with {reign.Token}");
                return;
            }

            one = reign;
        }
    }

    private bool IsExcused(Reign one, Reign other)
    {
        var (old, young) = one.GrantedAt < other.GrantedAt ? (one, other) : (other, one);
        // Whatever the store has forgotten: who knows of a living term does not take its seat.
        if (History.KnewOf.GetValueOrDefault(young.Token)?.Contains(old.Token) == true || History.Told.Exists(
            t => t.Host == young.Host && t.Term == old.Token && t.Until > young.GrantedAt + s_untilTold && t.At + UnderWay(young) < young.GrantedAt))
        {
            return false;
        }

        foreach (var (at, told) in History.Breaks)
        {
            // A file that was created before the folder was emptied may be granted after it.
            if (at >= old.GrantedAt - (History.Plan.Kind == StoreKind.Folder ? RoundTrip : 0) && Now <= BelievesUntil(old, young.GrantedAt, at, told))
                return true;
        }

        return false;
    }

    /// <summary>A piece of news, a question and its answer; of files each is some operations.</summary>
    private long RoundTrip => History.Plan.UsualDelay * (History.Plan.Kind == StoreKind.Folder ? 20 : 4);

    /// <summary>For how long a request for the seat may be on its way that was sent before its sender was told of anything.</summary>
    private long UnderWay(Reign reign) => reign.Node.Line is { } line && line.Weather.IsFair && line.Weather.FairSince + History.Plan.Lease.Ticks < reign.GrantedAt
        ? RoundTrip
        : History.Plan.Lease.Ticks;

    /// <summary>Until when the leader of a term may believe in it after the store broke its word.</summary>
    private long BelievesUntil(Reign old, long succeededAt, long brokenAt, bool told)
    {
        var trust = History.Plan.Lease - (History.Plan.Margin ?? History.Plan.Lease / 10);
        var endOfTrust = brokenAt + old.Host.Clock.InTrueTime(trust.Ticks);
        var line = old.Node.Line!;
        // What was held up keeps up what comes after it, for a lease at most.
        var isUp = line.IsConnected && line.Weather.IsFair && line.Weather.FairSince + History.Plan.Lease.Ticks < brokenAt &&
            old.Host.RunsSince <= brokenAt && (told || line.ConnectedSince + History.Plan.Lease.Ticks < brokenAt);
        if (!isUp)
            return endOfTrust;
        // Who is not told of the break itself is told of the next leader, and asks.
        var heard = told ? Math.Max(brokenAt, line.ConnectedSince) : Math.Max(brokenAt, succeededAt) + RoundTrip;
        return Math.Min(endOfTrust, heard + s_untilTold);
    }
}
