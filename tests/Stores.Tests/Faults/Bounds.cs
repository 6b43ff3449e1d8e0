namespace AspireElection.Faults;

/// <summary>
/// Within what time somebody leads again; the README's table "What happens when" shows the same numbers. Measured on
/// the nodes' own lines and the recorder's questions, on a machine whose two cores are busy.
/// </summary>
internal static class Bounds
{
    /// <summary>What a busy machine may take for what needs no waiting: a hand-over, a lock granted by the server.</summary>
    public static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(500);

    /// <summary>What clients take to notice that a server is there again, and to connect.</summary>
    public static readonly TimeSpan Reconnect = TimeSpan.FromSeconds(3);

    /// <summary>How long two may lead when the server ends the leader's session and its line is up.</summary>
    public static readonly TimeSpan SessionEnded = TimeSpan.FromMilliseconds(50);

    /// <summary>Two candidates ahead that do not take their turn: each costs the grace of a quarter of a second at most.</summary>
    public static readonly TimeSpan DeadWaiters = TimeSpan.FromMilliseconds(2 * 250) + AtOnce;

    /// <summary>How late etcd notices that a lease is over.</summary>
    public static readonly TimeSpan EtcdLooks = TimeSpan.FromMilliseconds(500);

    /// <summary>The leader's lease has to run out first.</summary>
    public static TimeSpan OneLease(TimeSpan lease) => lease + AtOnce;

    /// <summary>The server has to be reached again, and a lease that somebody may still trust in has to run out.</summary>
    public static TimeSpan ServerBack(TimeSpan lease) => lease + Reconnect;
}
