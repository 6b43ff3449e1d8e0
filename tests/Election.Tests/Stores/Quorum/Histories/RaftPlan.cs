using System.Globalization;
using AspireElection.Tests.Simulation.Histories;

namespace AspireElection.Tests.Stores.Quorum.Histories;

internal enum RaftFaultKind
{
    Crash,
    Pause,
    Partition,
    OneWay,
    Slow,
    NoRenewals,
    Resign,
    Leave,
    Priority,
    MakeEligible,
}

/// <summary>One thing that goes wrong, or that somebody asks for.</summary>
/// <param name="Kind">What.</param>
/// <param name="At">When, in ticks of true time.</param>
/// <param name="For">For how long; until the restart of a crash.</param>
/// <param name="Node">Which peer.</param>
/// <param name="Value">The other peers, a priority or a lateness.</param>
internal sealed record RaftFault(RaftFaultKind Kind, long At, long For, int Node, long Value)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Kind} of {Node} at {At / 1e4:0.0} ms for {For / 1e4:0.0} ms ({Value})");
}

/// <summary>One peer of a history.</summary>
internal sealed record RaftNodePlan(string Id, double Rate, long Origin, int Priority, bool Stands, long Lease, long Fsync, long Starts);

/// <summary>All that a history is made of, drawn from its seed.</summary>
internal sealed class RaftPlan
{
    public const long Ms = TimeSpan.TicksPerMillisecond;

    /// <summary>Faults end here.</summary>
    public const long FaultsEnd = 7_000 * Ms;

    /// <summary>By then one leader is seated: restarted voters wait a lease, the next leader one, the better one another.</summary>
    public const long SettledBy = FaultsEnd + 6_500 * Ms;

    /// <summary>The lease of a calm history, which is longer than it: who waits for its end is found waiting.</summary>
    public const long LongLease = 60_000 * Ms;

    private readonly Dice _dice;

    /// <param name="seed">Draws everything.</param>
    /// <param name="calm">See <see cref="IsCalm"/>.</param>
    public RaftPlan(ulong seed, bool calm = false)
    {
        Seed = seed;
        _dice = new Dice(seed);
        // Crash after crash while votes are under way, and all at once on a line on which everything crosses.
        var storm = _dice.Hits(0.25);
        var count = _dice.Pick(1, 2, 3, 3, 3, 3, 4, 5, 5);
        var leases = _dice.Hits(0.7) ? [1000] : new long[] { 600, 1000, 1500 };
        var priorities = _dice.Hits(0.5) ? 1 : 3;
        Nodes = [.. Enumerable.Range(0, count).Select(i => new RaftNodePlan(
            ((char)('a' + i)).ToString(),
            _dice.Between(0.955, 1.045),
            _dice.Between(0, 1_000_000) * Ms,
            _dice.Next(priorities),
            i == 0 || _dice.Hits(0.85),
            leases[_dice.Next(leases.Length)] * Ms,
            _dice.Pick(0, 0, 1, 8) * Ms,
            storm ? _dice.Between(0, 5 * Ms) : _dice.Hits(0.7) ? _dice.Between(0, 50 * Ms) : _dice.Between(0, 2_000 * Ms)))];
        Eligible = count >= 3 && _dice.Hits(0.35) ? _dice.Pick(1, 2, count - 1) : count;
        Loss = _dice.Pick(0, 0, 0.02, 0.1, 0.25);
        Twice = _dice.Pick(0, 0.02, 0.15);
        Late = _dice.Pick(0, 0.01, 0.05);
        LongestLate = _dice.Pick(50, 400, 2500) * Ms;
        Trip = (storm ? _dice.Pick(30, 80) : _dice.Pick(1, 3, 10)) * Ms;
        WritesEvery = _dice.Pick(40, 150, 500) * Ms;
        CompactEvery = _dice.Pick(4, 10, 1000);
        MostEntries = storm ? 64 : _dice.Pick(1, 3, 64);
        Faults =
        [
            .. Enumerable.Range(0, _dice.Next(14)).Select(_ => DrawFault()),
            .. Enumerable.Range(0, storm ? _dice.Next(40) : 0).Select(_ => new RaftFault(
                RaftFaultKind.Crash, _dice.Between(10 * Ms, FaultsEnd / 2), _dice.Between(Ms, 40 * Ms), _dice.Next(-1, count), 0)),
        ];
        if (!calm)
            return;
        IsCalm = true;
        Nodes = [.. Nodes.Select((n, i) => n with
        {
            Lease = LongLease,
            Starts = _dice.Between(0, 50 * Ms),
            Fsync = _dice.Pick(0, 1, 8, 25) * Ms,
            Stands = i == 0 || _dice.Hits(0.7),
        })];
        Eligible = count;
        Loss = _dice.Pick(0, 0, 0.02, 0.05);
        Late = _dice.Pick(0, 0.02);
        LongestLate = 100 * Ms;
        Trip = _dice.Pick(1, 3, 10, 20) * Ms;
        Faults = [.. Enumerable.Range(0, 12).Select(_ => DrawCalm())];
    }

    /// <summary>Seats are given back, a peer stands still or is slow for a moment, a message is lost: no reason to wait for the end of a lease.</summary>
    public bool IsCalm { get; }

    public ulong Seed { get; }

    public IReadOnlyList<RaftNodePlan> Nodes { get; }

    /// <summary>How many are eligible from the start.</summary>
    public int Eligible { get; }

    public double Loss { get; }

    public double Twice { get; }

    public double Late { get; }

    public long LongestLate { get; }

    public long Trip { get; }

    public long WritesEvery { get; }

    public int CompactEvery { get; }

    public int MostEntries { get; }

    public IReadOnlyList<RaftFault> Faults { get; }

    public bool TermsAreTimes => Seed % 2 == 0;

    public Dice DiceFor(ulong part) => _dice.For(part);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"seed {Seed}: {Nodes.Count} peers, {Eligible} eligible, loss {Loss}, doubled {Twice}, late {Late} up to {LongestLate / Ms} ms, trip {Trip / Ms} ms, writes every {WritesEvery / Ms} ms, snapshot every {CompactEvery}, {MostEntries} entries a message");

    private RaftFault DrawCalm()
    {
        var kind = _dice.Pick(RaftFaultKind.Resign, RaftFaultKind.Resign, RaftFaultKind.Leave, RaftFaultKind.Pause, RaftFaultKind.Slow);
        var node = kind is RaftFaultKind.Resign or RaftFaultKind.Leave ? -1 : _dice.Next(-1, Nodes.Count);
        var at = _dice.Between(200 * Ms, FaultsEnd - (500 * Ms));
        return new RaftFault(kind, at, _dice.Between(5 * Ms, 150 * Ms), node, _dice.Between(20 * Ms, 60 * Ms));
    }

    private RaftFault DrawFault()
    {
        var kind = (RaftFaultKind)_dice.Next(Enum.GetValues<RaftFaultKind>().Length);
        // Half of all crashes hit the one that may lead, and the restart often comes inside of a lease.
        var at = _dice.Between(200 * Ms, FaultsEnd - (1_500 * Ms));
        var lasts = _dice.Hits(0.5) ? _dice.Between(5 * Ms, 300 * Ms) : _dice.Between(300 * Ms, FaultsEnd - at);
        var value = kind switch
        {
            RaftFaultKind.Partition => _dice.Between(1, 1L << Nodes.Count),
            RaftFaultKind.Priority => _dice.Next(4),
            RaftFaultKind.Slow => _dice.Between(20 * Ms, 500 * Ms),
            _ => _dice.Next(Nodes.Count),
        };
        return new RaftFault(kind, at, lasts, _dice.Next(-1, Nodes.Count), value);
    }
}
