using System.Text;
using AspireElection.Stores.Quorum.Protocol;
using AspireElection.Tests.Simulation.Histories;

namespace AspireElection.Tests.Stores.Quorum.Histories;

/// <summary>One peer: its process (which crashes, pauses and is slow), its clock and its disk.</summary>
internal sealed class RaftNode
{
    private readonly RaftHistory _history;
    private readonly Dice _dice;
    private readonly Queue<RaftMessage> _inbox = new();
    private readonly Queue<Action<TimeSpan>> _orders = new();
    private RaftState? _raft;
    private Ready? _storing;
    private int _life;
    private long _pausedUntil;
    private long _slowUntil;
    private long _slowness;
    private long _wakesAt;

    public RaftNode(RaftHistory history, int index, RaftNodePlan plan, Dice dice)
    {
        _history = history;
        _dice = dice;
        Index = index;
        Plan = plan;
        Disk = new RaftDisk();
        Seat = new SeatHolder(history, this, dice);
        Machine = new RaftMachine(history, this);
    }

    public int Index { get; }

    public RaftNodePlan Plan { get; }

    public RaftDisk Disk { get; }

    public SeatHolder Seat { get; }

    public RaftMachine Machine { get; private set; }

    public RaftState Raft => _raft!;

    public bool IsUp => _raft is not null;

    public bool Trusts => IsUp && _history.Now < Seat.TrueTrustEnd;

    public bool IsPaused => _history.Now < _pausedUntil;

    public TimeSpan Local => TimeSpan.FromTicks(Plan.Origin + (long)(_history.Now * Plan.Rate));

    public long TrueTime(TimeSpan local) => (long)Math.Ceiling((local.Ticks - Plan.Origin) / Plan.Rate);

    public void Start()
    {
        if (IsUp)
            return;
        _life++;
        _wakesAt = long.MaxValue;
        var settings = new RaftSettings
        {
            Self = Plan.Id,
            Peers = [.. _history.Plan.Nodes.Select(n => n.Id)],
            InitialEligible = [.. _history.Plan.Nodes.Take(_history.Plan.Eligible).Select(n => n.Id)],
            MostEntries = _history.Plan.MostEntries,
        };
        _raft = new RaftState(settings, Disk.Restore(), _dice, Local);
        Machine = new RaftMachine(_history, this);
        Machine.Restart(Disk.Snapshot);
        _history.Note(Index, $"starts in term {_raft.Term}, log to {_raft.LastIndex}");
        Seat.Start(Local, _life);
        Run();
    }

    public void Crash()
    {
        if (!IsUp)
            return;
        if (_storing is { } torn)
            Disk.Tear(torn, _dice);
        _storing = null;
        _inbox.Clear();
        _orders.Clear();
        Seat.Crash();
        _raft = null;
        _history.Note(Index, "crashes");
    }

    public void PauseUntil(long end)
    {
        _pausedUntil = Math.Max(_pausedUntil, end);
        _history.At(_pausedUntil, Run);
    }

    public void SlowUntil(long end, long slowness) => (_slowUntil, _slowness) = (end, slowness);

    public void Receive(RaftMessage message)
    {
        if (!IsUp || _inbox.Count > 1000)
            return;
        _inbox.Enqueue(message);
        Run();
    }

    /// <summary>Somebody asks this process for something, once it runs.</summary>
    public void Do(Action<TimeSpan> order)
    {
        if (!IsUp)
            return;
        _orders.Enqueue(order);
        Run();
    }

    public void Write() => Do(now => Machine.Write(now));

    public void MakeEligible() => Do(now =>
    {
        var other = _history.Plan.Nodes.FirstOrDefault(n => !Raft.Eligible.Contains(n.Id));
        if (other is not null && Raft.MakeEligible(now, Raft.Term, other.Id).Taken)
            _history.Note(Index, $"makes {other.Id} eligible");
    });

    private void Run()
    {
        for (var i = 0; IsUp && !IsPaused && _storing is null; i++)
        {
            if (i > 10_000)
                throw new RaftFailure("Bounded", $"{Plan.Id} never comes to rest");
            // The driver may take several messages at once before it stores anything.
            for (var batch = 1 + _dice.Next(4); batch > 0 && _inbox.TryDequeue(out var message); batch--)
                Raft.Step(Local, message);
            if (_orders.TryDequeue(out var order))
                order(Local);
            Raft.Tick(Local);
            Seat.Run(Local);
            if (Raft.TakeReady() is { } ready)
                Store(ready);
            else if (_inbox.Count + _orders.Count == 0)
                break;
        }

        if (IsUp && !IsPaused)
            Wake();
    }

    private void Store(Ready ready)
    {
        _history.Check.Changed(this);
        var takes = ready.MustStore ? _dice.Between(0, Plan.Fsync + 1) : 0;
        if (_history.Now < _slowUntil)
            takes += _dice.Between(0, _slowness);
        if (takes == 0)
        {
            Finish(ready);
            return;
        }

        _storing = ready;
        var life = _life;
        _history.At(_history.Now + takes, () =>
        {
            if (!IsUp || life != _life)
                return;
            // What a stopped process has handed to the disk is stored, but nobody goes on from there yet.
            if (IsPaused)
            {
                _history.At(_pausedUntil, () => Stored(life));
                return;
            }

            Stored(life);
        });
    }

    private void Stored(int life)
    {
        if (!IsUp || life != _life || _storing is not { } ready)
            return;
        _storing = null;
        Finish(ready);
        Run();
    }

    private void Finish(Ready ready)
    {
        Disk.Store(ready);
        _history.Check.Stored(this, ready);
        foreach (var message in ready.Messages)
            _history.Network.Send(Index, message);
        if (ready.Restores)
            Machine.Restart(ready.Snapshot);
        foreach (var entry in ready.Committed)
            Machine.Apply(entry);
        // What one of these events makes the driver give back is still told of by those behind it.
        var released = Seat.Released;
        foreach (var happened in ready.Events)
        {
            RaftCheckers.Told(this, happened, released);
            if (happened is not RoundConfirmed { Lease.Ticks: 0 })
                _history.Note(Index, Text(happened));
            Seat.Hear(Local, happened);
            Machine.Hear(happened);
        }

        Machine.CompactIfDue();
    }

    private void Wake()
    {
        var local = Raft.WakeAt < Seat.WakeAt ? Raft.WakeAt : Seat.WakeAt;
        if (local == TimeSpan.MaxValue)
            return;
        // Timers are late.
        var at = Math.Max(TrueTime(local), _history.Now + 1) + _dice.Between(0, 5 * RaftPlan.Ms);
        if (at >= _wakesAt)
            return;
        _wakesAt = at;
        _history.At(at, () =>
        {
            if (_wakesAt != at)
                return;
            _wakesAt = long.MaxValue;
            Run();
        });
    }

    private static string Text(RaftEvent happened) => happened is Elected elected
        ? $"Elected {elected.Term} for {Encoding.UTF8.GetString(elected.Holder)}"
        : happened.ToString();
}
