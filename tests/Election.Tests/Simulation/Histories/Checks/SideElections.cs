namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// The other elections of processes that share sessions: never two leaders while the store keeps its word in that
/// election, tokens grow, and in the end the best of each leads and all of its candidates know.
/// </summary>
internal sealed class SideElections(History history) : Checker(history)
{
    private readonly Dictionary<string, List<long>> _breaks = [];
    private readonly Dictionary<(string Election, long Token), long> _grantedAt = [];
    private readonly Dictionary<string, long> _highest = [];

    private IEnumerable<SideNode> Everybody => History.Nodes.SelectMany(n => n.Sides);

    public void WasGranted(string election, long token)
    {
        History.Log.Note($"granted {token} of {election}");
        _grantedAt[(election, token)] = Now;
    }

    /// <summary>The store broke its word in one election, or in all.</summary>
    public void Broke(string? election)
    {
        foreach (var one in History.Elections.Where(e => election is null || e == election))
        {
            History.Log.Note($"the store broke its word in {one}");
            if (!_breaks.TryGetValue(one, out var breaks))
                _breaks[one] = breaks = [];
            breaks.Add(Now);
        }
    }

    public void Began(SideNode node, Leadership held)
    {
        History.Log.Note($"node {node.Node.Index} leads {node.Election} with {held.Token}");
        var highest = _highest.GetValueOrDefault(node.Election);
        if (held.Token <= highest && !IsExcused(node, held.Token, long.MinValue))
            Fail($"node {node.Node.Index} leads {node.Election} with {held.Token} after a leader with {highest}");
        _highest[node.Election] = Math.Max(highest, held.Token);
    }

    public override void Look()
    {
        foreach (var election in History.Elections)
        {
            SideNode? one = null;
            foreach (var node in History.Nodes)
            {
                if (node.Side(election) is not { Held: not null, Host.Runs: true } side)
                    continue;
                if (one is not null && !AreExcused(one, side))
                    Fail($"node {one.Node.Index} leads {election} with {one.Held!.Token} and node {node.Index} with {side.Held.Token}");
                one = side;
            }
        }
    }

    public override string? Outstanding()
    {
        foreach (var election in History.Elections.Skip(1))
        {
            if (Unsettled([.. Everybody.Where(s => s.Election == election && s.Node.TakesPart)]) is { } what)
                return $"of {election} {what}";
        }

        return null;
    }

    public override void Finish()
    {
        if (Outstanding() is { } what)
            Fail($"{(Now - History.Plan.QuietFrom) / 1e7:0.0} s after the last fault {what}");
    }

    private static string? Unsettled(List<SideNode> here)
    {
        if (here.Count == 0)
            return null;
        if (here.Where(s => s.Held is not null).ToList() is not [var leader])
            return $"{here.Count(s => s.Held is not null)} nodes lead";
        if (here.Find(s => s.Priority > leader.Priority) is { } better)
            return $"node {leader.Node.Index} leads with priority {leader.Priority}, and node {better.Node.Index} has {better.Priority}";
        return here.Find(s => s.Candidate.Leader?.Term != leader.Held!.Token) is { } blind
            ? $"node {blind.Node.Index} sees {blind.Candidate.Leader?.Term}, and node {leader.Node.Index} leads with {leader.Held!.Token}"
            : null;
    }

    private bool AreExcused(SideNode one, SideNode other)
    {
        var (first, second) = (GrantedAt(one.Election, one.Held!.Token), GrantedAt(other.Election, other.Held!.Token));
        var old = first < second ? one : other;
        var trust = History.Plan.Lease - (History.Plan.Margin ?? History.Plan.Lease / 10);
        return IsExcused(old, old.Held!.Token, Now - old.Host.Clock.InTrueTime(trust.Ticks));
    }

    private bool IsExcused(SideNode node, long token, long notBefore) => _breaks.TryGetValue(node.Election, out var breaks) &&
        breaks.Exists(at => at >= GrantedAt(node.Election, token) && at >= notBefore);

    private long GrantedAt(string election, long token) => _grantedAt.GetValueOrDefault((election, token), Now);
}
