namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// The tokens of leaderships grow, each is the token of one leadership only, and a node that stopped believing in a
/// leadership never believes in it again.
/// </summary>
internal sealed class TokensGrow(History history) : Checker(history)
{
    /// <summary>Any time of a server, in µs, is later.</summary>
    private static readonly long s_earliest = (new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero) - DateTimeOffset.UnixEpoch).Ticks / 10;

    private readonly Dictionary<long, Reign> _seen = [];
    private long _highest;

    public override void Began(Reign reign)
    {
        if (_seen.TryGetValue(reign.Token, out var before) && (before.Leadership == reign.Leadership || !IsWithoutClock(reign.Token)))
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

    /// <summary>Files have no clock at all; of etcd's only the second is known, so that a token may be too low by less than two.</summary>
    private bool IsWithoutClock(long token) => History.Breaks.Count > 0 && History.Plan switch
    {
        { Kind: StoreKind.Folder, WallsAgree: false } => true,
        { Kind: StoreKind.Queue } => token > s_earliest && token > _highest - 2_000_000,
        _ => false,
    };

    /// <summary>
    /// It was granted before the store broke its word, and its grant was slow; or the store has no clock of its own, lost
    /// its data, and the wall clock of a node that knew of nothing is behind.
    /// </summary>
    private bool IsExcused(Reign reign) =>
        IsWithoutClock(reign.Token) || History.GrantedAt.TryGetValue(reign.Token, out var at) && History.Breaks.Any(b => b.At >= at);
}
