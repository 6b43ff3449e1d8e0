namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// The tokens of leaderships grow, each is the token of one leadership only, and a node that stopped believing in a
/// leadership never believes in it again.
/// </summary>
internal sealed class TokensGrow(History history) : Checker(history)
{
    private readonly Dictionary<long, Reign> _seen = [];
    private long _highest;

    public override void Began(Reign reign)
    {
        if (_seen.TryGetValue(reign.Token, out var before) && (before.Leadership == reign.Leadership || !IsWithoutClock))
        {
            Fail(before.Leadership == reign.Leadership
                ? $"node {reign.Node.Index} believes again in its term {reign.Token}"
                : $"token {reign.Token} of node {before.Node.Index} was given to node {reign.Node.Index} as well");
            return;
        }

        _seen[reign.Token] = reign;
        if (reign.Token < _highest && !IsExcused(reign))
            Fail($"node {reign.Node.Index} leads with {reign.Token} after a leader with {_highest}");
        _highest = Math.Max(_highest, reign.Token);
    }

    /// <summary>Files have no clock at all; of etcd's only the second is known, and within it the node's own counts.</summary>
    private bool IsWithoutClock => History.Plan is { Kind: StoreKind.Folder, WallsAgree: false } or { Kind: StoreKind.Queue } && History.Breaks.Count > 0;

    /// <summary>
    /// It was granted before the store broke its word, and its grant was slow; or the store has no clock of its own, lost
    /// its data, and the wall clock of a node that knew of nothing is behind.
    /// </summary>
    private bool IsExcused(Reign reign) =>
        IsWithoutClock || History.GrantedAt.TryGetValue(reign.Token, out var at) && History.Breaks.Any(b => b.At >= at);
}
