namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// One life of one process: its clocks, and what is ready to run on it. It runs nothing while it is paused or
/// suspended, and nothing ever again once it has crashed.
/// </summary>
internal sealed class Host : SynchronizationContext
{
    private const int LatestTimer = 10_000;

    private readonly History _history;
    private readonly Dice _dice;
    private readonly List<Ready> _ready = [];
    private readonly List<Occurrence> _deferred = [];
    private readonly bool _shuffled;
    private int _head;
    private long _pausedUntil;
    private long _suspendedAt = -1;
    private long _suspendedFor;

    public Host(History history, int node, NodePlan plan, Plan all, Dice dice)
    {
        _history = history;
        _dice = dice;
        _shuffled = all.Shuffled;
        Node = node;
        Clock = new NodeClock(history.Time, this, plan, all);
        Threads = new NodeThreads(this);
    }

    public int Node { get; }

    public NodeClock Clock { get; }

    public NodeThreads Threads { get; }

    public bool IsAlive { get; private set; } = true;

    public bool IsPaused => _history.Time.Now < _pausedUntil;

    public bool Runs => IsAlive && !IsPaused;

    /// <summary>Since when it runs without a pause, in true time.</summary>
    public long RunsSince { get; private set; }

    public bool HasReady => Runs && _head < _ready.Count;

    /// <summary>True time that the host slept so far.</summary>
    public long SuspendedFor => _suspendedAt < 0 ? _suspendedFor : _suspendedFor + _history.Time.Now - _suspendedAt;

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (Environment.CurrentManagedThreadId != _history.Thread)
            _history.Escaped(Environment.StackTrace);
        else if (IsAlive)
            _ready.Add(new Ready(d, state));
    }

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Nothing may block.");

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs one thing that is ready.</summary>
    public void RunNext()
    {
        if (_shuffled && _ready.Count - _head > 1)
        {
            var other = _head + _dice.Next(_ready.Count - _head);
            (_ready[_head], _ready[other]) = (_ready[other], _ready[_head]);
        }

        var next = _ready[_head];
        _ready[_head++] = default;
        if (_head == _ready.Count)
        {
            _ready.Clear();
            _head = 0;
        }

        SetSynchronizationContext(this);
        next.Callback(next.State);
    }

    public void Run(TimerCallback callback, object? state)
    {
        SetSynchronizationContext(this);
        callback(state);
    }

    public void Run(Action deed)
    {
        SetSynchronizationContext(this);
        deed();
    }

    /// <summary>Keeps what cannot happen now until the host goes on; true as well when it never will.</summary>
    public bool Defer(Occurrence occurrence)
    {
        if (Runs)
            return false;
        if (IsAlive)
            _deferred.Add(occurrence);
        return true;
    }

    /// <summary>The process stands still (a collection of garbage, SIGSTOP); its clocks and timers go on.</summary>
    public void Pause(long ticks) => StopUntil(_history.Time.Now + ticks);

    /// <summary>The host sleeps: its timers stand still as well, its boot clock does not.</summary>
    public void Suspend(long ticks)
    {
        if (_suspendedAt < 0)
            _suspendedAt = _history.Time.Now;
        StopUntil(_history.Time.Now + ticks);
    }

    public void Crash()
    {
        IsAlive = false;
        _ready.Clear();
        _head = 0;
        _deferred.Clear();
    }

    public long TimerLateness() => 300 + _dice.Next(LatestTimer);

    private void StopUntil(long end)
    {
        _pausedUntil = Math.Max(_pausedUntil, end);
        _history.Time.At(_pausedUntil, GoOn);
    }

    private void GoOn()
    {
        if (!Runs || RunsSince == _history.Time.Now)
            return;
        RunsSince = _history.Time.Now;
        if (_suspendedAt >= 0)
        {
            _suspendedFor += _history.Time.Now - _suspendedAt;
            _suspendedAt = -1;
        }

        var late = _deferred.ToArray();
        _deferred.Clear();
        foreach (var occurrence in late)
            _history.Time.At(_history.Time.Now, occurrence);
    }

    private readonly record struct Ready(SendOrPostCallback Callback, object? State);
}
