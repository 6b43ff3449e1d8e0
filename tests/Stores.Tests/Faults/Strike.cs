using System.Globalization;
using AspireElection.Faults.Harness;
using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Faults;

/// <summary>One occurrence of a fault: who led when it began, and what was measured.</summary>
internal sealed class Strike
{
    private readonly Fault _fault;
    private readonly bool _again;
    private readonly TimeSpan _beganAt = RunClock.Now;

    private Strike(Cluster cluster, Fault fault, Node leader, Random random, bool again)
    {
        Cluster = cluster;
        _fault = fault;
        _again = again;
        Leader = leader;
        Random = random;
        Term = leader.Process.Last!.Term;
    }

    public Cluster Cluster { get; }

    public Random Random { get; }

    public TimeSpan Lease => Cluster.Lease;

    /// <summary>Until when a leader trusts at most after the last request that was answered.</summary>
    public TimeSpan Trust => Lease - Lease / 10;

    public Node Leader { get; }

    public long Term { get; }

    public RealServer Server => Cluster.Ground.Server ?? throw new InvalidOperationException("This store is no server.");

    public IReadOnlyList<Node> Followers => [.. Cluster.Nodes.Where(n => n != Leader)];

    /// <summary>How long after what was counted from somebody led again; null where nobody had to.</summary>
    public TimeSpan? Recovery { get; private set; }

    /// <summary>For how long nobody led, as far as the recorder can tell; null where the term went on.</summary>
    public TimeSpan? Gap { get; private set; }

    /// <summary>When it began.</summary>
    public TimeSpan BeganAt => _beganAt;

    /// <summary>Why it says nothing and has to be struck once more, such as that the machine was busy when something was late; null where it counts.</summary>
    public string? Inconclusive { get; private set; }

    public static async Task<Strike> BeginAsync(Cluster cluster, Fault fault, Random random, bool again = false) =>
        new(cluster, fault, await cluster.SettledAsync(), random, again);

    public Task RunAsync() => _fault.Run(this);

    /// <summary>
    /// Runs it and restores the cluster; where the machine spoilt it, a second time, which counts whatever the machine does.
    /// </summary>
    public async Task<Strike> RunToRestAsync()
    {
        await RunAsync();
        await Cluster.RestoreAsync();
        if (Inconclusive is null)
            return this;
        var again = await BeginAsync(Cluster, _fault, Random, again: true);
        await again.RunAsync();
        await Cluster.RestoreAsync();
        return again;
    }

    /// <summary>Somebody has to lead in another term, within the fault's bound.</summary>
    public async Task<Reign> NextTermAsync(TimeSpan since)
    {
        var (next, after, late) = await Cluster.LedAgainAsync(_fault.Name, since, _fault.BoundOn(Cluster.Ground.Store, Lease), Term);
        Judge(since, next.Start, late);
        Measured(next, after);
        return next;
    }

    /// <summary>
    /// Somebody has to lead, in whichever term, within the fault's bound. What is left of the old leader's trust is no
    /// recovery: its term counts when it goes on for a lease.
    /// </summary>
    public async Task<Reign> SomebodyAsync(TimeSpan since)
    {
        var (next, after, late) = await Cluster.LedAgainAsync(_fault.Name, since, _fault.BoundOn(Cluster.Ground.Store, Lease), oldTerm: Term);
        Judge(since, next.Start, late);
        Measured(next, after);
        return next;
    }

    /// <summary>The term has to go on: its leader still leads in it, for a while longer.</summary>
    public async Task SameTermAsync()
    {
        var since = RunClock.Now;
        var (next, _, late) = await Cluster.LedAgainAsync(_fault.Name, since, _fault.BoundOn(Cluster.Ground.Store, Lease));
        // A leader that was not run in time has to give up.
        var lost = $"{_fault.Name}: the term {Term} of {Leader.Label} was lost, {next.Process} leads in {next.Term}";
        Judge(_beganAt, since, next.Term == Term ? late : lost, spoiltBy: Lease / 10);
    }

    /// <summary>What was late is on record, unless the machine made it so: then the strike has to be repeated, once.</summary>
    public void Judge(TimeSpan from, TimeSpan to, string? late, TimeSpan? spoiltBy = null)
    {
        if (late is null)
            return;
        if (!_again && Lateness.Between(from, to) > (spoiltBy ?? Lateness.Most))
            Inconclusive = late;
        else
            Cluster.Recording.Late(to, late);
    }

    /// <summary>The fault did not come about: it has to be struck once more, and then it counts.</summary>
    public void Miss(string what)
    {
        if (_again)
            Cluster.Recording.Late(RunClock.Now, $"{_fault.Name}: {what}");
        else
            Inconclusive = what;
    }

    /// <summary>Nobody may have led later than trust lasts after an instant from which on no request was answered.</summary>
    public void NobodyLongerThanTrust(TimeSpan since)
    {
        foreach (var reign in Cluster.Recording.Reigns.Where(r => r.LastSure > since + Trust && r.Start < since))
            Cluster.Recording.Found(since, $"{reign.Process} led {(reign.LastSure - since).TotalMilliseconds:0} ms after the last request that could be answered; trust is {Trust.TotalMilliseconds:0} ms");
    }

    public static Task WaitAsync(TimeSpan time) => Task.Delay(time);

    /// <summary>So that the fault meets any phase between two renewals.</summary>
    public Task RandomPhaseAsync() => Task.Delay(Lease * Random.NextDouble());

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"led again after {Recovery?.TotalMilliseconds:0} ms (bound {_fault.BoundOn(Cluster.Ground.Store, Lease).TotalMilliseconds:0}), nobody led for {Gap?.TotalMilliseconds:0} ms; {Cluster.Recording.Samples} answers, {Cluster.Recording.Writes} reads of the register so far");

    private void Measured(Reign next, TimeSpan after)
    {
        Recovery = after;
        if (next.Term == Term)
            return;
        var last = Cluster.Recording.Reigns.Where(r => r.Term < next.Term && r.LastSure > TimeSpan.MinValue).MaxBy(r => r.Term);
        Gap = last is null || next.Start < last.LastSure ? TimeSpan.Zero : next.Start - last.LastSure;
    }
}
