using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using AspireElection.FaultNodes;

namespace AspireElection.Faults.Harness;

/// <summary>Some nodes, the place of their election, and everything that is recorded of them.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    /// <summary>
    /// What a process may use more later than at its first rest. On PostgreSQL 29 handles more were seen within a minute of
    /// faults; whether the pool or a leak keeps them is not known.
    /// </summary>
    private static readonly ProcessSize MostGrowth = new(Megabytes: 60, Threads: 20, Handles: 60);

    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(20);

    private readonly List<Node> _nodes = [];
    private readonly string[] _variables;
    private readonly Dictionary<string, ProcessSize> _sizes = [];
    private RegisterReader? _register;

    private Cluster(Ground ground, TimeSpan lease, string[] variables)
    {
        Ground = ground;
        Lease = lease;
        _variables = variables;
    }

    public Ground Ground { get; }

    public TimeSpan Lease { get; }

    public Recording Recording { get; } = new();

    public IReadOnlyList<Node> Nodes => _nodes;

    /// <summary>Null while it is not known, and while more than one says so.</summary>
    public Node? Leader => _nodes.Where(n => n.Leads).ToList() is [var leader] ? leader : null;

    public IEnumerable<Node> Followers => _nodes.Where(n => n.Runs && !n.Leads);

    /// <summary>Nodes n1, n2, … on a ground of their own.</summary>
    /// <param name="store">Redis, PostgreSQL or file.</param>
    /// <param name="lease">Of the election.</param>
    /// <param name="nodes">How many.</param>
    /// <param name="sameId">All under one node id, as when somebody copied a configuration.</param>
    /// <param name="variables">Further variables of every node.</param>
    public static async Task<Cluster> StartAsync(
        string store, TimeSpan lease, int nodes = 3, bool sameId = false, params string[] variables)
    {
        Lateness.Begin();
        var ground = Ground.Of(store);
        var cluster = new Cluster(ground, lease, variables);
        try
        {
            await ground.StartAsync();
            cluster._register = new RegisterReader(ground, cluster.Recording);
            for (var i = 1; i <= nodes; i++)
                cluster.Add(sameId ? "twin" : $"n{i}", $"n{i}");
            await Task.WhenAll(cluster._nodes.Select(n => n.StartAsync()));
            await cluster.SettledAsync();
            // Before anything happens: a leader that is killed between the effect and its note may rightly repeat it.
            if (!variables.Any(v => v.StartsWith(Variables.Migrations, StringComparison.Ordinal)))
                await cluster.OnceDoneAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>One leads, all others know it, and everybody that is to run does.</summary>
    public async Task<Node> SettledAsync()
    {
        Node? leader = null;
        await RunClock.UntilAsync(() => (leader = Agreed()) is not null, SettleLimit, () => "all nodes agree on one leader: " + Text());
        return leader!;
    }

    /// <summary>Waits until somebody certainly leads at or after an instant; says how long after it that began.</summary>
    /// <param name="fault">What for; for the message.</param>
    /// <param name="since">The instant.</param>
    /// <param name="within">How long it may take.</param>
    /// <param name="exceptTerm">A term that does not count.</param>
    /// <param name="oldTerm">A term that counts only when it goes on for longer than what was left of its trust.</param>
    /// <returns>Who leads, after how long, and what is wrong with that; null when nothing is.</returns>
    public async Task<(Reign Reign, TimeSpan After, string? Late)> LedAgainAsync(
        string fault, TimeSpan since, TimeSpan within, long exceptTerm = 0, long oldTerm = 0)
    {
        Reign? next = null;
        // Longer than the bound, so that what is too late is measured rather than guessed.
        await RunClock.UntilAsync(
            () => (next = FirstAfter(since, exceptTerm, oldTerm)) is not null, within + SettleLimit, () => "somebody leads again: " + Text());
        var after = next!.Start > since ? next.Start - since : TimeSpan.Zero;
        var late = Lateness.Excused(since, next.Start);
        return (next, after, after - late <= within ? null : string.Create(
            CultureInfo.InvariantCulture,
            $"{fault}: led again after {after.TotalMilliseconds:0} ms; the bound is {within.TotalMilliseconds:0} ms, and {late.TotalMilliseconds:0} ms more for a machine that was late meanwhile"));
    }

    /// <summary>Starts those again that were killed, continues the frozen, heals every line, and waits until all agree.</summary>
    public async Task<Node> RestoreAsync()
    {
        foreach (var node in _nodes)
        {
            node.LineOrNone?.Heal();
            if (node.Runs && node.Process.IsFrozen)
                node.Process.Continue();
        }

        // One that hands over leads no more long before it has ended.
        foreach (var node in _nodes.Where(n => n.Runs && n.Process.IsToEnd))
            await node.Process.EndAsync();
        await Task.WhenAll(_nodes.Where(n => !n.Runs).Select(n => n.StartAsync()));
        return await SettledAsync();
    }

    /// <summary>Jobs are neither lost nor doubled: they run on the leader under its term, and what runs once ran once.</summary>
    public async Task CheckJobsAsync(bool wiped = false)
    {
        string? found = "nothing was asked";
        for (var end = RunClock.Now + SettleLimit; found is not null && RunClock.Now < end; await Task.Delay(20))
            found = await JobsAsync(await SettledAsync()) ?? (wiped ? null : await OnceAsync()) ?? Left();
        if (found is not null)
            Recording.Found(RunClock.Now, found);
    }

    /// <summary>Remembers what each process uses, as long as nothing happens to it.</summary>
    public void Weigh()
    {
        foreach (var process in _nodes.Where(n => n.Runs).Select(n => n.Process))
        {
            if (process.Size is { } size)
                _sizes.TryAdd(process.Name, size);
        }
    }

    /// <summary>What each process that still lives uses now, beside what it used when it was weighed first.</summary>
    public IReadOnlyList<(string Process, ProcessSize Before, ProcessSize Now)> Growth() =>
    [
        .. _nodes.Where(n => n.Runs && _sizes.ContainsKey(n.Process.Name) && n.Process.Size is not null)
            .Select(n => (n.Process.Name, _sizes[n.Process.Name], n.Process.Size!)),
    ];

    public void CheckGrowth()
    {
        foreach (var (process, before, now) in Growth())
        {
            if (now.Megabytes - before.Megabytes > MostGrowth.Megabytes || now.Threads - before.Threads > MostGrowth.Threads ||
                now.Handles - before.Handles > MostGrowth.Handles)
            {
                Recording.Found(RunClock.Now, $"{process} grew from {before} to {now}");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_register is not null)
            await _register.DisposeAsync();
        foreach (var node in _nodes)
            await node.DisposeAsync();
        await Ground.DisposeAsync();
    }

    /// <summary>Who is what, for the message of a test that failed.</summary>
    public string Text() => string.Join("; ", _nodes.Select(n =>
        $"{n.Label}: {(n.Runs ? n.Process.IsFrozen ? "frozen" : n.Process.Last?.ToString() ?? "no answer" : "not running")}"));

    private void Add(string nodeId, string label)
    {
        var line = Ground.Server is { } server ? new TcpProxy(server.Port) : null;
        _nodes.Add(new Node(nodeId, label, line, StartOf, Recording));
    }

    private (ProcessStartInfo Info, string[] Variables) StartOf(Node node)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "FaultNode.dll");
        var flags = $"--store {Ground.Store} --lock-name {Ground.Election} --node-id {node.NodeId} --status-line false " +
            $"--lease-duration {Lease.TotalMilliseconds}ms {Ground.Flags}";
        return (
            Privileges.Start($"\"{program}\" {flags}"),
            [.. Ground.Variables(node.LineOrNone?.Port ?? 0), $"ELECTION_ADMIN_TOKEN={Node.AdminToken}", $"{Variables.Owner}={Environment.ProcessId}", .. _variables]);
    }

    private Node? Agreed()
    {
        var answers = _nodes.Where(n => n.Runs && !n.Process.IsFrozen).Select(n => (Node: n, n.Process.Last)).ToList();
        if (answers.Count == 0 || answers.Any(a => a.Last is null) || answers.Count(a => a.Last!.IsLeader) != 1)
            return null;
        var leader = answers.Single(a => a.Last!.IsLeader);
        return answers.All(a => a.Last!.LeaderTerm == leader.Last!.Term) ? leader.Node : null;
    }

    private Reign? FirstAfter(TimeSpan since, long exceptTerm, long oldTerm) => Recording.Reigns
        .Where(r => r.LastSure >= (r.Term == oldTerm ? since + Lease : since) && r.Term != exceptTerm)
        .MinBy(r => r.Start);

    /// <summary>
    /// Waits until a leader's job runs under its term: before that there is nothing that could drain. False when the term ended first.
    /// </summary>
    public async Task<bool> JobRunsAsync(Node leader, long term)
    {
        var reign = Recording.Reigns.Single(r => r.Term == term);
        await RunClock.UntilAsync(
            () => reign.Ended is not null || Recording.RunningJobs.Contains((leader.Process.Name, term)),
            SettleLimit,
            () => $"the job runs on {leader.Label} under term {term}: {Text()}");
        return reign.Ended is null;
    }

    /// <summary>Null when the job runs on nobody but the leader.</summary>
    private string? Left() => Leader is { } leader && Recording.RunningJobs.FirstOrDefault(r => r.Process != leader.Process.Name) is { Process: { } other } run
        ? $"the job still runs on {other} under term {run.Term}, and {leader.Process.Name} leads"
        : null;

    /// <summary>What each node said of its terms since an instant.</summary>
    public string SaidSince(TimeSpan from) => string.Join('\n', _nodes.Where(n => n.Runs).Select(n => n.Process.SaidSince(from)));

    /// <summary>The job that runs once has taken effect.</summary>
    private async Task OnceDoneAsync()
    {
        for (var end = RunClock.Now + SettleLimit; await OnceAsync() is { } missing; await Task.Delay(20))
        {
            if (RunClock.Now > end)
                throw new TimeoutException(missing);
        }
    }

    /// <summary>Null when the job that runs once took effect once.</summary>
    private async Task<string?> OnceAsync()
    {
        try
        {
            await using var store = await Ground.OpenStoreAsync();
            var effects = await store.ReadLogAsync(Ground.Election, OnceJob.Log, CancellationToken.None);
            return effects.Count == 1 ? null : $"the job that runs once took effect {effects.Count} times";
        }
        catch (StoreUnavailableException exception)
        {
            // The test's own client is not connected again yet.
            return exception.Message;
        }
    }

    /// <summary>Null when the jobs are as they should be.</summary>
    private async Task<string?> JobsAsync(Node leader)
    {
        try
        {
            using var jobs = JsonDocument.Parse(await leader.Process.GetAsync("/jobs"));
            foreach (var job in jobs.RootElement.EnumerateArray())
            {
                var (name, state, term, runs) = (
                    job.GetProperty("job").GetString(), job.GetProperty("state").GetString()!,
                    job.GetProperty("lastTerm").GetInt64(), job.GetProperty("runs").GetInt64());
                if (name == "writing" && (state != "running" || term != leader.Process.Last?.Term))
                    return $"the job 'writing' is '{state}' of term {term} while term {leader.Process.Last?.Term} leads";
                if (name == "once" && state != "done")
                    return $"the job 'once' is '{state}' after {runs} runs";
                if (name == "migrations" && Ground.HasMigrations && state != "done")
                    return $"the migrations are '{state}': {job}";
            }

            return null;
        }
        catch (HttpRequestException)
        {
            return "no answer to /jobs";
        }
    }
}
