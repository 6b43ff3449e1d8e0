namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// One run of a plan: real candidates and jobs, a simulated store, simulated time, all on one thread. Time moves only
/// when nobody has anything to do; after each step the checkers look.
/// </summary>
internal sealed class History
{
    public const string Election = "sim";

    private const int MostSides = 3;

    private const int MostStepsInOneInstant = 20_000;
    private const int MostSteps = 3_000_000;

    private static readonly string[] s_elections = [Election, .. Enumerable.Range(1, MostSides).Select(i => $"side-{i}")];

    private readonly Plan _plan;
    private readonly Dice _order;
    private readonly Checker[] _checkers;
    private bool _over;
    private int _disturbances;
    private long _calmSince;
    private int _storeDisturbances;
    private long _storeCalmSince;

    public History(Plan plan)
    {
        _plan = plan;
        Log = new HistoryLog(Time);
        Thread = Environment.CurrentManagedThreadId;
        var dice = new Dice(plan.Seed);
        _order = dice.For(1);
        Server = plan.Kind switch
        {
            StoreKind.Lease => new LeaseServer(this, plan.ServerRate),
            StoreKind.Session => new SessionServer(this, plan.ServerRate),
            StoreKind.Folder => new FolderServer(this, plan.ServerRate),
            StoreKind.Queue => new QueueServer(this, plan.ServerRate),
            StoreKind.Shared => new SharedServer(this, plan.ServerRate),
            _ => throw new ArgumentOutOfRangeException(nameof(plan), plan.Kind, null),
        };
        Register = new FencedRegister(this);
        Nodes = [.. plan.Nodes.Select((node, index) => new Node(this, plan, node, index, dice.For((ulong)index + 10)))];
        _checkers = Checker.All(this);
        if (plan.Sides == 0)
            return;
        _checkers = [.. _checkers, Sides = new SideElections(this), Apart = new SessionsStandApart(this)];
    }

    public TrueTime Time { get; } = new();

    public int Thread { get; }

    public Plan Plan => _plan;

    public WorldMistake Mistake => _plan.Mistake;

    public HistoryLog Log { get; }

    public Server Server { get; }

    public FencedRegister Register { get; }

    /// <summary>The one that all rules are for, and where elections share sessions some more.</summary>
    public IEnumerable<string> Elections => s_elections.Take(1 + _plan.Sides);

    public SideElections? Sides { get; }

    public SessionsStandApart? Apart { get; }

    public IReadOnlyList<Node> Nodes { get; }

    /// <summary>Every leadership so far, in the order in which they began.</summary>
    public List<Reign> Reigns { get; } = [];

    /// <summary>When the store granted a token.</summary>
    public Dictionary<long, long> GrantedAt { get; } = [];

    /// <summary>Which term a candidate knew to be alive when it was granted its own.</summary>
    public Dictionary<long, IReadOnlyList<long>> KnewOf { get; } = [];

    /// <summary>When the store lost what it had promised to keep, and whether those connected could hear of it.</summary>
    public List<(long At, bool Told)> Breaks { get; } = [];

    /// <summary>Which node said of which term, when the store broke its word, that it lasts until when, in true time.</summary>
    public List<(Host Host, long At, long Term, long Until)> Told { get; } = [];

    /// <summary>The faults that act now.</summary>
    public List<Fault> ActingFaults { get; } = [];

    /// <summary>Since when nothing has disturbed the store itself; null while something does.</summary>
    public long? StoreCalmSince => _storeDisturbances > 0 ? null : _storeCalmSince;

    /// <summary>Since when nothing has disturbed anybody; null while something does. Orderly changes do not.</summary>
    public long? CalmSince => _disturbances > 0 ? null : _calmSince;

    public int Steps { get; private set; }

    public Failure? Failure { get; private set; }

    public Failure? Run()
    {
        var before = SynchronizationContext.Current;
        try
        {
            Schedule();
            Turn();
            foreach (var checker in _checkers)
            {
                if (Failure is null)
                    checker.Finish();
            }
        }
        finally
        {
            foreach (var node in Nodes)
                node.Forget();
            SynchronizationContext.SetSynchronizationContext(before);
        }

        return Failure;
    }

    /// <summary>Ends the history with what a checker found.</summary>
    public void Fail(string checker, string message)
    {
        if (Failure is not null)
            return;
        Log.Note($"{checker}: {message}");
        Failure = new Failure(checker, message, _plan, Log.Lines(), Log.Hash);
        _over = true;
    }

    /// <summary>Nothing more is to be seen.</summary>
    public void End() => _over = true;

    public void Escaped(string where) => Fail("OneThread", $"something left the thread of the world: {where}");

    /// <summary>Two leaders are the store's fault from now on, for a while.</summary>
    /// <param name="how">What it did.</param>
    /// <param name="told">Whether those that are connected hear of it.</param>
    /// <param name="losesTerm">It does not know of the last term any more; who knows of it must not take its seat.</param>
    public void StoreBrokeItsWord(string how, bool told = true, bool losesTerm = false)
    {
        Log.Note($"the store broke its word: {how}");
        Breaks.Add((Time.Now, told));
        if (!losesTerm)
            return;
        foreach (var node in Nodes)
        {
            if (node is { Candidate: { } candidate, Host: { } host } && candidate.Snapshot() is { IsLeader: false, Leader: { } leader } seen)
                Told.Add((host, Time.Now, leader.Term, Time.Now + host.Clock.InTrueTime(seen.LeaseRemaining.Ticks)));
        }
    }

    /// <summary>The store granted the seat.</summary>
    /// <param name="who">To whom.</param>
    /// <param name="token">The new term.</param>
    /// <param name="known">Terms whose end, as far as the candidate was told, had not come when it asked.</param>
    public void Granted(string who, long token, IReadOnlyList<long> known)
    {
        Log.Note($"granted {token} to {who}");
        GrantedAt[token] = Time.Now;
        KnewOf[token] = known;
        foreach (var checker in _checkers)
            checker.Granted(who, token);
    }

    public void Released(long token)
    {
        Log.Note($"released {token}");
        foreach (var checker in _checkers)
            checker.Released(token);
    }

    /// <summary>What some checker still waits for; null when nothing.</summary>
    public string? Outstanding()
    {
        foreach (var checker in _checkers)
        {
            if (checker.Outstanding() is { } what)
                return what;
        }

        return null;
    }

    /// <summary>A node sent a request.</summary>
    public void Sent(int node, string what)
    {
        Log.Sent(node, what);
        foreach (var checker in _checkers)
            checker.Sent(node, what);
    }

    /// <summary>A request was carried out by the store.</summary>
    public void Served(int node, string what)
    {
        Log.Served(node, what);
        foreach (var checker in _checkers)
            checker.Served(node, what);
    }

    /// <summary>Work of a leader began to run.</summary>
    public void Started(WorkRun run)
    {
        Log.Note($"node {run.Node.Index} runs {run.What} under {run.Leadership.Token}");
        foreach (var checker in _checkers)
            checker.Started(run);
    }

    /// <summary>The store's ledger took a value.</summary>
    public void Recorded(Term term, string key, string value)
    {
        foreach (var checker in _checkers)
            checker.Recorded(term, key, value);
    }

    /// <summary>The store lost its ledger.</summary>
    public void Forgot()
    {
        foreach (var checker in _checkers)
            checker.Forgot();
    }

    /// <summary>Whether the store broke its word after it had granted the older of two terms.</summary>
    public bool Excuses(Leadership one, Leadership other) => Math.Min(GrantOf(one), GrantOf(other)) is var first && Breaks.Exists(b => b.At >= first);

    private long GrantOf(Leadership held) => Reigns.Find(r => r.Leadership == held)?.GrantedAt ?? Time.Now;

    public void BreakAllLines()
    {
        foreach (var node in Nodes)
            node.Line?.Break();
    }

    public void Began(Reign reign)
    {
        Reigns.Add(reign);
        Log.Note($"node {reign.Node.Index} leads with {reign.Token}");
        foreach (var checker in _checkers)
            checker.Began(reign);
    }

    public void Ended(Reign reign)
    {
        Log.Note($"node {reign.Node.Index} ended {reign.Token}: {reign.Leadership.EndedBecause}");
        foreach (var checker in _checkers)
            checker.Ended(reign);
    }

    private void Schedule()
    {
        foreach (var node in Nodes)
        {
            if (node.Plan.StartsAt >= 0)
                Time.At(node.Plan.StartsAt, node.Start);
        }

        foreach (var fault in _plan.Faults)
        {
            var acting = fault.Fresh();
            Time.At(fault.At, () => Begin(acting));
        }

        Time.At(_plan.SettledBy, End);
    }

    private void Begin(Fault fault)
    {
        Log.Note(fault.ToString());
        ActingFaults.Add(fault);
        if (!fault.IsOrderly)
            _disturbances++;
        if (fault.IsOfStore)
            _storeDisturbances++;
        fault.Begin();
        FaultActions.Begin(this, fault);
        Time.At(fault.EndsAt, () =>
        {
            FaultActions.End(this, fault);
            fault.End();
            ActingFaults.Remove(fault);
            if (!fault.IsOrderly && --_disturbances == 0)
                _calmSince = Time.Now;
            if (fault.IsOfStore && --_storeDisturbances == 0)
                _storeCalmSince = Time.Now;
        });
    }

    private void Turn()
    {
        var inThisInstant = 0;
        while (!_over)
        {
            if (++Steps > MostSteps || ++inThisInstant > MostStepsInOneInstant)
            {
                Fail("TimeGoesOn", $"{Steps} steps, {inThisInstant} of them at {Time.Now}: something is busy without waiting");
                return;
            }

            try
            {
                if (PickReady() is { } host)
                {
                    Log.Ran(host.Node);
                    host.RunNext();
                }
                else
                {
                    var before = Time.Now;
                    if (Time.Next() is not { } next)
                        return;
                    if (Time.Now != before)
                        inThisInstant = 0;
                    next.Happen();
                }
            }
            catch (Exception exception)
            {
                Fail("NothingThrows", exception.ToString());
                return;
            }

            Look();
        }
    }

    private void Look()
    {
        foreach (var node in Nodes)
            node.Look();
        foreach (var checker in _checkers)
            checker.Look();
    }

    private Host? PickReady()
    {
        Host? picked = null;
        var seen = 0;
        foreach (var node in Nodes)
        {
            if (node.Host is { HasReady: true } host && (++seen == 1 || _order.Next(seen) == 0))
                picked = host;
        }

        return picked;
    }
}
