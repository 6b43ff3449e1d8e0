using AspireElection.Jobs;
using Microsoft.Extensions.Logging.Abstractions;

namespace AspireElection.Tests.Simulation.Histories;

/// <summary>A node over all its lives: each start is a new process with a new incarnation.</summary>
internal sealed class Node
{
    private readonly History _history;
    private readonly Plan _plan;
    private readonly Dice _dice;
    private readonly List<Candidate> _candidates = [];
    private int _lives;
    private int _priority;

    public Node(History history, Plan plan, NodePlan node, int index, Dice dice)
    {
        _history = history;
        _plan = plan;
        _dice = dice;
        _priority = node.Priority;
        Plan = node;
        Index = index;
        WallOffset = node.WallOffset;
    }

    public NodePlan Plan { get; }

    public int Index { get; }

    public long WallOffset { get; private set; }

    /// <summary>Its present life; null while it has none.</summary>
    public Host? Host { get; private set; }

    public Line? Line { get; private set; }

    public Line? RegisterLine { get; private set; }

    public Candidate? Candidate { get; private set; }

    public LeaderWork? Work { get; private set; }

    /// <summary>Its candidates of the other elections.</summary>
    public IReadOnlyList<SideNode> Sides { get; private set; } = [];

    /// <summary>The leadership that it believes in now.</summary>
    public Reign? Reign { get; private set; }

    /// <summary>When its present life began, in true time.</summary>
    public long StartedAt { get; private set; }

    /// <summary>When an operator last resigned it.</summary>
    public long ResignedAt { get; private set; } = long.MinValue;

    /// <summary>When it last stopped believing that it leads; what follows its term may take it a while.</summary>
    public long LedUntil { get; private set; } = long.MinValue;

    /// <summary>It was told to stop, and does so now.</summary>
    public bool IsLeaving { get; private set; }

    /// <summary>It takes part: started, neither crashed nor leaving.</summary>
    public bool TakesPart => Candidate is not null && !IsLeaving;

    public int Priority
    {
        get => _priority;
        set
        {
            _priority = value;
            // The newest, in whichever order these are run.
            if (Candidate is { } candidate && Host is { } host)
                host.Post(_ => candidate.Priority = _priority, null);
        }
    }

    public void Start()
    {
        if (Host is not null)
            return;
        var dice = _dice.For((ulong)++_lives);
        var host = new Host(_history, Index, Plan, _plan, dice.For(1));
        host.Clock.WallOffset = TimeSpan.FromTicks(WallOffset);
        Host = host;
        StartedAt = _history.Time.Now;
        Line = new Line(_history, host, _history.Server, new Weather(dice.For(2), _plan.UsualDelay, resends: _plan.Kind != StoreKind.Lease));
        RegisterLine = new Line(_history, host, _history.Register, new Weather(dice.For(3), _plan.UsualDelay, resends: false));
        FaultActions.Greet(_history, this);
        host.Post(_ => Begin(host, dice.For(4)), null);
    }

    /// <summary>Stops in an orderly way; the process ends then.</summary>
    public void Leave()
    {
        if (Candidate is not { } candidate || Host is not { } host || IsLeaving)
            return;
        IsLeaving = true;
        host.Post(_ => _ = LeaveAsync(candidate, host), null);
    }

    public void Crash()
    {
        if (Host is not { } host)
            return;
        host.Crash();
        Gone();
    }

    public void Resign()
    {
        ResignedAt = _history.Time.Now;
        if (Candidate is { } candidate && Host is { } host)
            host.Post(_ => _ = candidate.ResignAsync(), null);
    }

    public void StepWall(long ticks)
    {
        WallOffset += ticks;
        if (Host is { } host)
            host.Clock.WallOffset = TimeSpan.FromTicks(WallOffset);
    }

    /// <summary>Its candidate of another election; null where it has none now.</summary>
    public SideNode? Side(string election)
    {
        foreach (var side in Sides)
        {
            if (side.Election == election)
                return side;
        }

        return null;
    }

    /// <summary>Sees whether it believes that it leads; asked after each step.</summary>
    public void Look()
    {
        if (Candidate is not { } candidate || !Host!.Runs)
            return;
        foreach (var side in Sides)
            side.Look();
        if (!candidate.IsLeader)
        {
            EndReign();
            return;
        }

        if (candidate.Leadership is not { } held)
        {
            _history.Fail("BeliefHasATerm", $"node {Index} says that it leads and holds no leadership");
            return;
        }

        if (Reign?.Leadership == held)
            return;
        EndReign();
        Reign = new Reign(this, held, _history.Time.Now) { GrantedAt = _history.GrantedAt.GetValueOrDefault(held.Token, _history.Time.Now) };
        _history.Began(Reign);
    }

    /// <summary>The world ends: nothing of it must stay behind in what is static.</summary>
    public void Forget()
    {
        foreach (var candidate in _candidates)
            candidate.Telemetry.Unregister();
    }

    private void Begin(Host host, Dice dice)
    {
        var options = OptionsOf(_priority);
        var store = _history.Server.NewClient(Line!);
        Work = new LeaderWork(_history, this, _plan, dice);
        options.WhileLeading.Add(Work.WriteAsync);
        var candidate = new Candidate(Election, store, options, null, host.Clock, host.Threads, dice);
        var jobs = Work.Jobs().Select(job => new JobRun(job, store, candidate.Telemetry, host.Clock, NullLogger.Instance)).ToList();
        candidate.AddWork(new LeaderJobs(jobs, store, host.Clock, _plan.Lease / 5).RunAsync);
        _candidates.Add(candidate);
        Candidate = candidate;
        _ = candidate.StartAsync();
        Sides = [.. _history.Elections.Skip(1).Select((election, i) => BeginSide(host, store, election, i + 1, dice))];
    }

    private SideNode BeginSide(Host host, IElectionStore store, string election, int place, Dice dice)
    {
        // Others are the best there, so that not all elections are led by one.
        var priority = _plan.Nodes[(Index + place) % _plan.Nodes.Count].Priority;
        var candidate = new Candidate(election, store, OptionsOf(priority), null, host.Clock, host.Threads, dice);
        _candidates.Add(candidate);
        _ = candidate.StartAsync();
        return new SideNode(_history, this, host, election, priority, candidate);
    }

    private ElectionOptions OptionsOf(int priority)
    {
        var options = new ElectionOptions
        {
            NodeId = $"n{Index}",
            Priority = priority,
            LeaseDuration = _plan.Lease,
            Margin = _plan.Margin,
            DrainLimit = _plan.DrainLimit,
        };
        if (_plan.Margin is { } margin)
            options.RenewPeriod = (_plan.Lease - margin) / 2;
        return options;
    }

    private const string Election = History.Election;

    private async Task LeaveAsync(Candidate candidate, Host host)
    {
        Task[] stops = [candidate.StopAsync(), .. Sides.Select(s => s.Candidate.StopAsync())];
        foreach (var stop in stops)
            await stop;
        if (Host != host)
            return;
        host.Crash();
        Gone();
    }

    /// <summary>The process has ended; the other side hears of it unless the line is cut.</summary>
    private void Gone()
    {
        EndReign();
        var (line, registerLine) = (Line!, RegisterLine!);
        Host = null;
        Candidate = null;
        Sides = [];
        IsLeaving = false;
        Line = null;
        RegisterLine = null;
        Work = null;
        line.ProcessEnded();
        registerLine.ProcessEnded();
    }

    private void EndReign()
    {
        if (Reign is not { } over)
            return;
        Reign = null;
        over.EndedAt = LedUntil = _history.Time.Now;
        _history.Ended(over);
    }
}
