namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// Where nothing fails, a seat that is given back is taken by another at once, not when a lease ends; and of those who
/// wait, one is woken.
/// </summary>
internal sealed class HandsOverAtOnce(History history) : Checker(history)
{
    private static readonly long s_slack = TimeSpan.FromMilliseconds(60).Ticks;

    private long _releasedAt = -1;
    private long _takenBy;
    private int _releasedBy;
    private int _asked;

    private long Patience => 20 * History.Plan.UsualDelay + s_slack;

    public override void Released(long token)
    {
        _releasedAt = -1;
        if (!IsCalm() || History.Reigns.Find(r => r.Token == token) is not { } reign)
            return;
        var ready = History.Nodes.Count(n => n != reign.Node && n.TakesPart && StandsSince(n) <= Now - 4 * History.Plan.Lease.Ticks);
        if (ready == 0)
            return;
        _releasedAt = Now;
        _takenBy = Now + Patience;
        _releasedBy = reign.Node.Index;
        _asked = 0;
    }

    public override void Served(int node, string what)
    {
        if (_releasedAt >= 0 && node != _releasedBy && what == "acquire" && ++_asked > 2 && IsCalm())
            Fail($"{_asked} candidates asked for one seat that was given back");
    }

    public override void Began(Reign reign) => _releasedAt = -1;

    public override void Look()
    {
        if (_releasedAt < 0)
            return;
        if (!IsCalm())
            _releasedAt = -1;
        else if (Now > _takenBy)
            Fail($"nobody has taken the seat {(Now - _releasedAt) / 1e4} ms after it was given back");
    }

    private bool IsCalm() => History.CalmSince is { } calm && calm <= Now - 4 * History.Plan.Lease.Ticks;

    private static long StandsSince(Node node) => Math.Max(node.StartedAt, node.ResignedAt);
}
