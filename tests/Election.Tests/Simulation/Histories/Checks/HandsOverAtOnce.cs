namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// A seat that is given back is taken at once, not when a lease ends, where somebody waits whom nothing disturbs; each
/// waiter that is disturbed may cost one grace. Of those who wait one is woken.
/// </summary>
internal sealed class HandsOverAtOnce(History history) : Checker(history)
{
    private static readonly long s_slack = TimeSpan.FromMilliseconds(60).Ticks;

    private readonly List<Node> _ready = [];
    private long _releasedAt = -1;
    private long _takenBy;
    private Node? _releasedBy;
    private int _asked;

    private long Settled => Now - 4 * History.Plan.Lease.Ticks;

    public override void Released(long token)
    {
        _releasedAt = -1;
        _ready.Clear();
        if (History.Reigns.FindLast(r => r.Token == token) is not { } reign)
            return;
        _ready.AddRange(History.Nodes.Where(n => n != reign.Node && IsReady(n, Settled)));
        if (_ready.Count == 0 || !IsStoreCalm(Settled) || !IsFair(reign.Node, Settled))
            return;
        var grace = History.Plan.Kind == StoreKind.Queue ? History.Plan.Lease.Ticks * 2 : (long)(Math.Min(History.Plan.Lease.Ticks / 4, 250 * TimeSpan.TicksPerMillisecond) * 1.25);
        var one = (History.Plan.Kind == StoreKind.Folder ? 60 : 20) * History.Plan.UsualDelay + s_slack;
        _releasedAt = Now;
        _takenBy = Now + one + (History.Nodes.Count - 1 - _ready.Count) * (grace + one);
        _releasedBy = reign.Node;
        _asked = 0;
    }

    public override void Served(int node, string what)
    {
        if (_releasedAt >= 0 && node != _releasedBy?.Index && what == "acquire" && ++_asked > 2 && History.CalmSince <= Settled)
            Fail($"{_asked} candidates asked for one seat that was given back");
        // In a folder the number of a term is taken first and its record written then: whoever is disturbed between the
        // two keeps the seat for a lease without having been granted it (history 3160).
        if (_releasedAt >= 0 && what == "create the term" && node != _releasedBy?.Index && !_ready.Exists(n => n.Index == node))
            _takenBy = Now + 2 * History.Plan.Lease.Ticks;
        // A session with the seats of others keeps a lock that was granted for as long as it may be silent for their sake.
        if (_releasedAt >= 0 && History.Plan.Kind == StoreKind.Shared && what == "acquire" && !_ready.Exists(n => n.Index == node))
            _takenBy = Now + 2 * History.Plan.Lease.Ticks;
    }

    public override void Began(Reign reign) => _releasedAt = -1;

    /// <summary>Who is disturbed may not hear that it was granted the seat, which is then kept as long as any other.</summary>
    public override void Granted(string who, long token)
    {
        if (_releasedAt >= 0 && !_ready.Exists(n => n.Candidate?.Id.ToString() == who))
            _releasedAt = -1;
    }

    public override void Look()
    {
        if (_releasedAt < 0)
            return;
        if (!IsStoreCalm(_releasedAt) || !IsFair(_releasedBy!, _releasedAt) || !_ready.TrueForAll(n => IsReady(n, _releasedAt)))
            _releasedAt = -1;
        else if (Now > _takenBy)
            Fail($"nobody has taken the seat {(Now - _releasedAt) / 1e4} ms after it was given back");
    }

    private bool IsStoreCalm(long since) => History.StoreCalmSince is { } calm && calm <= since;

    /// <summary>Whoever gives the seat back has its own part to do; it may have ended since.</summary>
    private static bool IsFair(Node node, long since) =>
        node is not { Host: { } host, Line: { } line } || (host.Runs && host.RunsSince <= since && line.Weather.IsFair && line.Weather.FairSince <= since);

    /// <summary>It stands, and nothing has disturbed it.</summary>
    private static bool IsReady(Node node, long since) =>
        node is { TakesPart: true, Host: { Runs: true } host, Line: { IsUp: true } line } && node.StartedAt <= since && node.ResignedAt <= since && node.LedUntil <= since &&
        host.RunsSince <= since && line.Weather.IsFair && line.Weather.FairSince <= since && line.ConnectedSince <= since;
}
