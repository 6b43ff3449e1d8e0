namespace AspireElection.Dashboard.Words;

/// <summary>How an election is, from good to bad: the page's sentence speaks of the worst.</summary>
public enum Condition
{
    /// <summary>It has a leader and nothing is wrong.</summary>
    Fine,

    /// <summary>It has a leader, but something wants a look.</summary>
    Attention,

    /// <summary>The dashboard has not looked at everything yet.</summary>
    Looking,

    /// <summary>No worker takes part.</summary>
    Empty,

    /// <summary>Nobody leads.</summary>
    Leaderless,

    /// <summary>The store does not answer; what is known is old.</summary>
    Unreachable,
}
