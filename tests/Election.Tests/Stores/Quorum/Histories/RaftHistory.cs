using System.Globalization;

namespace AspireElection.Tests.Stores.Quorum.Histories;

/// <summary>What a checker found.</summary>
internal sealed class RaftFailure(string checker, string message) : Exception($"{checker}: {message}")
{
    public string Checker => checker;
}

/// <summary>One run of the protocol from a seed: true time, network, disks and peers on one thread.</summary>
internal sealed class RaftHistory
{
    private const int MostSteps = 60_000;

    private readonly PriorityQueue<Action, (long At, long Number)> _queue = new();
    private readonly List<string> _lines = [];
    private readonly bool _told;
    private long _number;

    public RaftHistory(RaftPlan plan, bool told = false)
    {
        Plan = plan;
        _told = told;
        Check = new RaftCheckers(this);
        Network = new RaftNetwork(this, plan.DiceFor(1));
        Nodes = [.. plan.Nodes.Select((node, i) => new RaftNode(this, i, node, plan.DiceFor((ulong)i + 10)))];
    }

    public RaftPlan Plan { get; }

    public RaftCheckers Check { get; }

    public RaftNetwork Network { get; }

    public IReadOnlyList<RaftNode> Nodes { get; }

    public long Now { get; private set; }

    public bool IsDisturbed => Now < RaftPlan.FaultsEnd;

    public int Steps { get; private set; }

    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Over all that happened, to compare two runs of one seed.</summary>
    public ulong Hash { get; private set; } = 14695981039346656037;

    public static int IndexOf(string id) => id[0] - 'a';

    public void At(long at, Action deed) => _queue.Enqueue(deed, (Math.Max(at, Now), _number++));

    public void Note(int node, string what)
    {
        foreach (var letter in what)
            Hash = (Hash ^ letter) * 1099511628211;
        Hash = (Hash ^ (ulong)Now) * 1099511628211;
        if (_told)
            _lines.Add(string.Create(CultureInfo.InvariantCulture, $"{Now / 1e4,10:0.00} ms  {(node < 0 ? "-" : Plan.Nodes[node].Id)}  {what}"));
    }

    /// <exception cref="RaftFailure">A checker found something.</exception>
    public void Run()
    {
        foreach (var node in Nodes)
            At(node.Plan.Starts, node.Start);
        foreach (var fault in Plan.Faults)
            At(fault.At, () => RaftFaults.Begin(this, fault));
        for (var at = Plan.WritesEvery; at < RaftPlan.SettledBy; at += Plan.WritesEvery)
            At(at, () => Array.ForEach([.. Nodes], n => n.Write()));
        while (_queue.TryDequeue(out var deed, out var key) && key.At <= RaftPlan.SettledBy)
        {
            if (++Steps > MostSteps)
                throw new RaftFailure("Bounded", $"more than {MostSteps} steps");
            Now = key.At;
            deed();
            if (Plan.IsCalm)
                Check.Vacant();
        }

        Now = RaftPlan.SettledBy;
        Check.Finish();
    }
}
