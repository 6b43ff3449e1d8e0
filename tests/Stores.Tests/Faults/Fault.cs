namespace AspireElection.Faults;

/// <summary>Something that goes wrong, and what has to hold then.</summary>
/// <param name="Name">As the README's table calls it.</param>
/// <param name="Stores">Where it can happen; the first is the one that it hits hardest, on which every test run has it.</param>
/// <param name="Bound">Within what time somebody leads again, by store and lease; counted from what <see cref="Strike"/> says.</param>
/// <param name="Run">Does it, waits for what has to follow, and leaves the rest to be restored.</param>
internal sealed record Fault(
    string Name, IReadOnlyList<string> Stores, Func<string, TimeSpan, TimeSpan> Bound, Func<Strike, Task> Run)
{
    public static readonly string[] Servers = ["redis", "postgres", "etcd"];

    public static readonly string[] Everywhere = ["redis", "postgres", "file", "etcd", "quorum"];

    public string Hardest => Stores[0];

    /// <summary>The bound on a store; etcd looks only twice a second for leases that are over.</summary>
    public TimeSpan BoundOn(string store, TimeSpan lease) =>
        Bound(store, lease) is var bound && store == "etcd" && bound >= lease ? bound + Bounds.EtcdLooks : bound;

    /// <summary>Loses data on purpose: what was done once may be done once more.</summary>
    public bool Wipes { get; init; }

    /// <summary>The leader's process is over then.</summary>
    public bool EndsLeader { get; init; }

    /// <summary>How often the soak does it, compared with others: what changes the leader quickly more often than what takes long.</summary>
    public int Weight { get; init; } = 1;
}
