using System.Globalization;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>Which simulated store a history has.</summary>
internal enum StoreKind
{
    /// <summary>A lease with an end, as in Redis.</summary>
    Lease,

    /// <summary>A lock of a session that the server ends when it falls silent, as in PostgreSQL.</summary>
    Session,

    /// <summary>Files in a folder, as in the file store.</summary>
    Folder,

    /// <summary>Keys with leases in the order of their creation, as in etcd.</summary>
    Queue,

    /// <summary>Locks of many elections on a few sessions of each process, as PostgreSQL's shared sessions.</summary>
    Shared,
}

/// <summary>What the leader's work does when it is told to stop.</summary>
internal enum WorkStyle
{
    StopsAtOnce,
    DrainsSlowly,
    IgnoresItsToken,
    Throws,
}

/// <summary>One node of a history.</summary>
/// <param name="Priority">Its priority at first.</param>
/// <param name="Rate">How fast its clocks go.</param>
/// <param name="Origin">Where its boot clock begins, in ticks.</param>
/// <param name="WallOffset">How far its wall clock is off, in ticks.</param>
/// <param name="StartsAt">When it joins; never when negative.</param>
/// <param name="Work">How its work takes being told to stop.</param>
internal sealed record NodePlan(int Priority, double Rate, long Origin, long WallOffset, long StartsAt, WorkStyle Work);

/// <summary>Everything about a history that is decided before it begins.</summary>
internal sealed record Plan(
    ulong Seed,
    StoreKind Kind,
    WorldMistake Mistake,
    TimeSpan Lease,
    TimeSpan? Margin,
    TimeSpan DrainLimit,
    double ServerRate,
    long UsualDelay,
    bool Shuffled,
    bool WallsAgree,
    IReadOnlyList<NodePlan> Nodes,
    IReadOnlyList<Fault> Faults,
    long QuietFrom)
{
    /// <summary>The store's client does not bound what it asks: the core has to.</summary>
    public bool StoreHasNoBounds { get; init; }

    /// <summary>How many elections more each process takes part in.</summary>
    public int Sides { get; init; }

    /// <summary>From here on everything has to be in order; the run ends then at the latest.</summary>
    public long SettledBy => QuietFrom + 12 * Lease.Ticks + DrainLimit.Ticks * 2 + TimeSpan.FromSeconds(15).Ticks;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Kind}, seed {Seed}, lease {Lease.TotalMilliseconds} ms, {Nodes.Count} nodes, {Faults.Count} faults, {QuietFrom / Lease.Ticks} leases{(Mistake == WorldMistake.None ? "" : $", with {Mistake}")}");
}
