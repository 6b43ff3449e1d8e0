namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// When a leader is gone another leads as soon as its lease is over, where somebody waits whom nothing disturbs: the bound
/// of a takeover after a crash. Counted from the last that kept the seat at the store; each candidate that is disturbed may
/// be offered the seat in vain and cost a grace, and whoever has just come back is given time to find its place.
/// </summary>
internal sealed class TakesOverInTime(History history) : Checker(history)
{
    private static readonly long s_slack = TimeSpan.FromMilliseconds(60).Ticks;
    private static readonly long s_longestGrace = TimeSpan.FromMilliseconds(250).Ticks;

    /// <summary>A lease of whole seconds is ended up to half a second after its end, and is told so.</summary>
    private static readonly long s_late = TimeSpan.FromSeconds(1).Ticks;

    private long _keptAt;
    private long _leaderlessSince;
    private long _nextLook;

    private long Lease => History.Plan.Lease.Ticks;

    private double Slowest { get; } = Math.Min(history.Plan.ServerRate, history.Plan.Nodes.Min(n => n.Rate));

    /// <summary>What a node needs to be in line again: its back-off, what is still on its way, the end of its old work, a hold-off.</summary>
    private long Return => (long)((3 * Lease + History.Plan.DrainLimit.Ticks) / Slowest);

    public override void Granted(string who, long token) => _keptAt = Now;

    public override void Served(int node, string what)
    {
        if (what is "renew" or "create the term" or "write the term" or "withdraw the term" ||
            (IsOfSession(what) && (History.Nodes[node].Reign is not null || History.Nodes[node].LedUntil > Now - 2 * Lease)))
        {
            _keptAt = Now;
        }
    }

    /// <summary>Whatever a session does keeps all its seats.</summary>
    private bool IsOfSession(string what) =>
        what == "beat" || (History.Plan.Kind == StoreKind.Shared && what is ("acquire" or "lock" or "unlock" or "take terms"));

    public override void Look()
    {
        foreach (var node in History.Nodes)
        {
            if (node is { Reign: not null, Host.Runs: true })
            {
                _leaderlessSince = Now;
                _nextLook = 0;
                return;
            }
        }

        if (Now <= _nextLook || History.StoreCalmSince is not { } calm)
            return;
        var ready = long.MaxValue;
        foreach (var node in History.Nodes)
            ready = Math.Min(ready, ReadyAt(node));
        if (ready == long.MaxValue)
            return;
        var isQueue = History.Plan.Kind == StoreKind.Queue;
        // Whoever is before others in a line of keys keeps its place for as long as it was last kept.
        var grace = isQueue ? (long)(Lease / Slowest) + s_late : (long)(Math.Min(Lease / 4, s_longestGrace) * 1.25);
        var one = (History.Plan.Kind == StoreKind.Lease ? 20 : 60) * History.Plan.UsualDelay + s_slack;
        var by = Math.Max(Math.Max(_leaderlessSince, _keptAt + (long)(Lease / Slowest)), Math.Max(ready, calm == 0 ? 0 : calm + Return))
            + one + (History.Nodes.Count - 1) * (grace + one) + Lease / 5 + (isQueue ? s_late : 0);
        _nextLook = by;
        if (Now > by)
            Fail($"nobody has led for {(Now - _leaderlessSince) / 1e4:0} ms; the seat was last kept {(Now - _keptAt) / 1e4:0} ms ago, and somebody has waited in peace for {(Now - ready) / 1e4:0} ms");
    }

    /// <summary>From when on a node certainly stands; never where it does not, or is disturbed now.</summary>
    private long ReadyAt(Node node)
    {
        if (node is not { TakesPart: true, Host: { Runs: true } host, Line: { IsUp: true } line } || !line.Weather.IsFair)
            return long.MaxValue;
        var since = Math.Max(Math.Max(node.StartedAt, host.RunsSince), Math.Max(line.ConnectedSince, Math.Max(line.Weather.FairSince, Math.Max(node.LedUntil, node.ResignedAt))));
        return since <= 0 ? Return : since + Return;
    }
}
