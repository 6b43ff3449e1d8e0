namespace AspireElection;

/// <summary>Settings of one node in one election. All nodes of an election should have the same durations.</summary>
/// <remarks>
/// Must hold: lease ≥ 100 ms; margin &lt; lease; renew period ≤ (lease − margin) / 2; retry period &lt; lease;
/// node timeout &gt; lease; none that is set is above 24 h (<see cref="ElectionOptionsValidator.LongestDuration"/>). <see cref="ElectionOptionsValidator"/> reports every problem at once.
/// </remarks>
public sealed class ElectionOptions
{
    /// <summary>The node's name, 1–128 characters of <c>A-Z a-z 0-9 . _ -</c>. Default: the host's name.</summary>
    public string NodeId { get; set; } = Environment.MachineName;

    /// <summary>
    /// What the host calls this instance of the service, so that pages and commands can find it again; the
    /// incarnation is this plus a nonce. Same characters as a node's name. Default: none, the nonce alone.
    /// </summary>
    public string? InstanceId { get; set; }

    /// <summary>Higher is preferred. Only a strictly higher priority preempts a leader. Default 0.</summary>
    public int Priority { get; set; }

    /// <summary>How long a silent leader keeps the seat, 100 ms to 24 h. Default 10 s.</summary>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often the leader renews, above 0 and at most half of lease minus margin. Default: a third of the lease.</summary>
    public TimeSpan? RenewPeriod { get; set; }

    /// <summary>
    /// How much earlier than its lease the leader stops believing, from 0 to below the lease. It covers clocks of different rates: a tenth of the
    /// lease covers a ratio below 1.1, a third covers ± 20 %. Default: a tenth of the lease.
    /// </summary>
    public TimeSpan? Margin { get; set; }

    /// <summary>
    /// How often a follower looks at the store where it cannot be told, and the first back-off when the store is away.
    /// Above 0 and below the lease. Default: a fifth of the lease, at most 2 s.
    /// </summary>
    public TimeSpan? RetryPeriod { get; set; }

    /// <summary>How long work may drain after its leader was told to resign, 0 to 24 h; renewals go on meanwhile. Default 4 s.</summary>
    public TimeSpan DrainLimit { get; set; } = TimeSpan.FromSeconds(4);

    /// <summary>When a silent member is taken off the list; more than the lease, at most 24 h where it is set. Default: three leases.</summary>
    public TimeSpan? NodeTimeout { get; set; }

    /// <summary>Watches and never stands. Default false.</summary>
    public bool Observer { get; set; }

    /// <summary>The node's own absolute URL, asked when it is needed (it may be known only after the start). Default none.</summary>
    public Func<string?> Address { get; set; } = static () => null;

    /// <summary>
    /// Where this node announces that it leads and that it still does, and where it hears and acknowledges other nodes of
    /// its process. Shared by the nodes of one process that shall hear each other. Default: one of the candidate's own,
    /// to which others may listen (<see cref="Candidate.Announcements"/>).
    /// </summary>
    public Announcements? Announcements { get; set; }

    /// <summary>What to call on changes.</summary>
    public ElectionCallbacks Callbacks => CallbacksIfAny ??= new ElectionCallbacks();

    /// <summary>Null while nobody has asked for them.</summary>
    internal ElectionCallbacks? CallbacksIfAny { get; private set; }

    /// <summary>
    /// Work that runs while this node leads, each started anew for each leadership. It should end when
    /// <see cref="Leadership.Resigning"/> fires; the seat is released only when all of it has ended, or at the drain
    /// limit. It must have ended when <see cref="Leadership.Lost"/> fires: another node may lead then.
    /// </summary>
    public IList<Func<Leadership, Task>> WhileLeading => WorkIfAny ??= [];

    /// <summary>Null while nobody has asked for it.</summary>
    internal List<Func<Leadership, Task>>? WorkIfAny { get; private set; }

    /// <summary>
    /// Whether metrics tell elections apart (<c>election.name</c>). Without it all elections of a node in a store share one
    /// time series each: counters and histograms add up, <c>election.is_leader</c> is how many it leads, <c>election.members</c>
    /// the sum, <c>election.term</c> the highest, <c>election.lease.remaining</c> the least. For processes with thousands of
    /// elections; spans and logs keep the name, and so do the counters of what was lost or refused. Default true.
    /// </summary>
    public bool ElectionAttributes { get; set; } = true;

    /// <summary>
    /// Whether a host that was given this election goes once through two terms of another one, in memory, while its nodes wait in
    /// line: code that runs for the first time is compiled first, which would keep the first successor waiting. It takes a
    /// fraction of a second of one core, once in a host, and nothing reports it. Default true.
    /// </summary>
    public bool Rehearses { get; set; } = true;
}
