namespace AspireElection.Tests.Simulation.Histories;

/// <summary>One leadership as the world saw it, in true time.</summary>
internal sealed class Reign(Node node, Leadership leadership, long beganAt)
{
    public Node Node => node;

    public Host Host { get; } = node.Host!;

    public Leadership Leadership => leadership;

    public long Token => leadership.Token;

    public long BeganAt => beganAt;

    /// <summary>When the store granted it; over a store without a clock that lost its data a later one may have the same token.</summary>
    public long GrantedAt { get; init; }

    /// <summary>When its node was first seen not to believe in it any more; null while it does.</summary>
    public long? EndedAt { get; set; }
}
