using AspireElection.Faults.Harness;

namespace AspireElection.Faults.Soaks;

/// <summary>Fault after fault on one cluster, at random from a seed, with every checker running all the time.</summary>
internal sealed class Soak(IReadOnlyList<string> stores, TimeSpan duration, int seed, Action<string> say)
{
    private static readonly TimeSpan Lease = StoreCluster.Lease;
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10);

    private readonly Random _random = new(seed);
    private readonly Dictionary<(string Store, string Fault), SoakFigures> _figures = [];
    private readonly List<string> _violations = [];
    private readonly List<string> _overdue = [];
    private readonly List<string> _growth = [];

    public int Seed => seed;

    public TimeSpan Duration => duration;

    public IReadOnlyList<string> Stores => stores;

    public int Changes { get; private set; }

    public int Strikes { get; private set; }

    public long Answers { get; private set; }

    public IReadOnlyList<string> Violations => _violations;

    /// <summary>What came later than its bound.</summary>
    public IReadOnlyList<string> Overdue => _overdue;

    /// <summary>How processes grew, one line for each store.</summary>
    public IReadOnlyList<string> Growth => _growth;

    public IEnumerable<SoakFigures> Figures => _figures.Values;

    public async Task RunAsync()
    {
        say($"soak: {duration.TotalSeconds:0} s on {string.Join(", ", stores)}; seed {seed}");
        foreach (var store in stores)
        {
            var end = RunClock.Now + duration / stores.Count;
            // A cluster that does not come to rest is a finding, and the soak goes on with a new one.
            while (RunClock.Now < end)
                await SoakAsync(store, end);
        }
    }

    private async Task SoakAsync(string store, TimeSpan end)
    {
        await using var cluster = await Cluster.StartAsync(store, Lease, nodes: 4);
        var faults = FaultTable.All.Where(f => f.Weight > 0 && f.Stores.Contains(store)).SelectMany(f => Enumerable.Repeat(f, f.Weight)).ToArray();
        var told = RunClock.Now;
        var changesBefore = Changes;
        var wiped = false;
        Fault? fault = null;
        try
        {
            await cluster.CheckJobsAsync();
            while (RunClock.Now < end)
            {
                cluster.Weigh();
                fault = faults[_random.Next(faults.Length)];
                var strike = await Strike.BeginAsync(cluster, fault, _random);
                // One node lives as long as the soak, so that it shows whether a process grows.
                if (fault.EndsLeader && strike.Leader == cluster.Nodes[^1])
                    continue;
                strike = await strike.RunToRestAsync();
                wiped |= fault.Wipes;
                Note(store, fault, strike);
                Changes = changesBefore + cluster.Recording.Changes;
                Tell(store, cluster.Recording);
                if (RunClock.Now - told < BetweenLines)
                    continue;
                told = RunClock.Now;
                say($"  {store}: {(end - told).TotalSeconds:0} s left; {Strikes} faults, {Changes} changes of the leader, {_violations.Count} violations; last: {fault.Name}");
            }

            await cluster.CheckJobsAsync(wiped);
        }
        catch (Exception exception)
        {
            // Whatever the harness did not bear: the soak goes on with another cluster.
            cluster.Recording.Found(RunClock.Now, $"after '{fault?.Name}': {exception.Message}");
        }

        cluster.CheckGrowth();
        Changes = changesBefore + cluster.Recording.Changes;
        Answers += cluster.Recording.Samples;
        foreach (var (process, before, now) in cluster.Growth().Take(4))
            _growth.Add($"{store}: {process}: {before} → {now}");
        Tell(store, cluster.Recording);
    }

    private void Tell(string store, Recording recording)
    {
        Tell("VIOLATION", store, recording.Violations(), _violations);
        Tell("TOO LATE", store, recording.Overdue, _overdue);
    }

    private void Tell(string what, string store, IReadOnlyList<string> found, List<string> told)
    {
        foreach (var line in found.Select(v => $"{store}: {v}").Where(v => !told.Contains(v)))
        {
            told.Add(line);
            say($"  {what} {line}");
        }
    }

    private void Note(string store, Fault fault, Strike strike)
    {
        Strikes++;
        if (!_figures.TryGetValue((store, fault.Name), out var figures))
            _figures[(store, fault.Name)] = figures = new SoakFigures(store, fault);
        figures.Strikes++;
        if (strike.Gap is { } gap)
            figures.Gaps.Add(gap.TotalMilliseconds);
        if (strike.Recovery is { } recovery)
            figures.Recoveries.Add(recovery.TotalMilliseconds);
    }
}
