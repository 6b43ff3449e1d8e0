using System.Text;
using AspireElection.Stores.Quorum.Protocol;
using AspireElection.Tests.Simulation.Histories;
using AspireElection.Tests.Stores.Quorum.Histories;

namespace AspireElection.Tests.Stores.Quorum.Paper;

/// <summary>Peers, a clock and a wire in the hands of a test: nothing is delivered, lost or due before it says so.</summary>
internal sealed class RaftGroup
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);

    private readonly string[] _ids;
    private readonly string[]? _eligible;
    private readonly Dictionary<string, RaftDisk> _disks;
    private readonly Dictionary<string, List<RaftEvent>> _events;
    private readonly Dictionary<string, List<LogEntry>> _applied;
    private ulong _seed;

    /// <param name="ids">One letter each.</param>
    /// <param name="eligible">The same, or null for all.</param>
    public RaftGroup(string ids = "abc", string? eligible = null)
    {
        _ids = [.. ids.Select(c => c.ToString())];
        _eligible = eligible?.Select(c => c.ToString()).ToArray();
        _disks = _ids.ToDictionary(i => i, _ => new RaftDisk());
        _events = _ids.ToDictionary(i => i, _ => new List<RaftEvent>());
        _applied = _ids.ToDictionary(i => i, _ => new List<LogEntry>());
        foreach (var id in _ids)
            Peers[id] = NewPeer(id);
    }

    public TimeSpan Now { get; private set; } = TimeSpan.FromSeconds(100);

    public Dictionary<string, RaftState> Peers { get; } = [];

    /// <summary>What was sent and neither delivered nor lost.</summary>
    public List<RaftMessage> Wire { get; private set; } = [];

    public RaftState this[string id] => Peers[id];

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static Standing Standing(string id, int priority = 0, TimeSpan? lease = null) => new(priority, lease ?? Lease, Bytes(id)) { Name = id };

    public RaftDisk Disk(string id) => _disks[id];

    public IEnumerable<T> Events<T>(string id) => _events[id].OfType<T>();

    public string Applied(string id) => string.Concat(_applied[id].Where(e => e.Kind == EntryKind.Command).Select(e => Encoding.UTF8.GetString(e.Data)));

    /// <summary>Terms of the stored log, as the figures of the paper draw them.</summary>
    public string Terms(string id) => string.Join(" ", _disks[id].Entries.Select(e => e.Term));

    /// <summary>Puts a log and a term on a peer's disk and starts it from there.</summary>
    public void Restore(string id, long term, params long[] terms)
    {
        var disk = _disks[id] = new RaftDisk();
        disk.Store(new Ready
        {
            HardState = new HardState(term, null, TimeSpan.Zero),
            CutFrom = 1,
            Entries = [.. terms.Select((t, i) => new LogEntry(i + 1, t, EntryKind.Command, Bytes($"{t}")))],
        });
        Restart(id);
    }

    public void Restart(string id)
    {
        _applied[id].Clear();
        Peers[id] = NewPeer(id);
    }

    public void Pass(TimeSpan time) => Now += time;

    public void Pass(double milliseconds) => Pass(TimeSpan.FromMilliseconds(milliseconds));

    public T Do<T>(string id, Func<RaftState, T> call)
    {
        var result = call(Peers[id]);
        Take(id);
        return result;
    }

    public void Do(string id, Action<RaftState> call)
    {
        call(Peers[id]);
        Take(id);
    }

    public void Stand(string id, int priority = 0, TimeSpan? lease = null) => Do(id, r => r.Stand(Now, Standing(id, priority, lease)));

    public void Step(RaftMessage message) => Do(message.To, r => r.Step(Now, message));

    /// <summary>Gives a message to its receiver and returns what that sends back to the sender.</summary>
    public T Answer<T>(RaftMessage message)
        where T : RaftMessage
    {
        Step(message);
        var answer = Wire.OfType<T>().Last(m => m.From == message.To && m.To == message.From);
        Wire.Remove(answer);
        return answer;
    }

    /// <summary>Delivers in order, answers too, until nothing more is on the wire of what is wanted; the rest stays.</summary>
    public void Deliver(Func<RaftMessage, bool>? wanted = null)
    {
        for (var i = 0; i < 10_000; i++)
        {
            var next = Wire.FindIndex(m => wanted?.Invoke(m) ?? true);
            if (next < 0)
                return;
            var message = Wire[next];
            Wire.RemoveAt(next);
            Step(message);
        }

        throw new InvalidOperationException("The wire never comes to rest.");
    }

    public void DeliverAmong(string ids) => Deliver(m => ids.Contains(m.From, StringComparison.Ordinal) && ids.Contains(m.To, StringComparison.Ordinal));

    public void Lose(Func<RaftMessage, bool>? which = null) => Wire = [.. Wire.Where(m => which is not null && !which(m))];

    /// <summary>Lets time pass to when a peer wants to act, and lets it.</summary>
    public void Wake(string id)
    {
        Now = Now > this[id].WakeAt ? Now : this[id].WakeAt;
        Do(id, r => r.Tick(Now));
    }

    /// <summary>Runs the clock for all, with delivery, until a condition holds.</summary>
    public void RunUntil(Func<bool> holds, string? among = null)
    {
        for (var i = 0; i < 2_000 && !holds(); i++)
        {
            Pass(5);
            foreach (var id in _ids.Where(i => among?.Contains(i, StringComparison.Ordinal) ?? true).Where(i => this[i].WakeAt <= Now))
                Do(id, r => r.Tick(Now));
            DeliverAmong(among ?? string.Concat(_ids));
            Lose();
        }

        Assert.True(holds(), "not within 10 s");
    }

    /// <summary>Makes a peer the elected leader, with all of <paramref name="among"/> in reach.</summary>
    public long Elect(string id, string? among = null)
    {
        among ??= string.Concat(_ids);
        if (this[id].Role != RaftRole.Leader)
            Stand(id);
        RunUntil(() => this[id].Leads, among);
        return this[id].Term;
    }

    /// <summary>A leased round that all in reach answer; false when the leader is none.</summary>
    public bool Beat(string id, string? among = null)
    {
        var round = Do(id, r => r.Beat(Now, r.Term, Lease));
        DeliverAmong(among ?? string.Concat(_ids));
        return round != 0 && Events<RoundConfirmed>(id).Any(e => e.Round == round && e.Term == this[id].Term);
    }

    public void Propose(string id, string data) => Assert.True(Do(id, r => r.Propose(Now, r.Term, Bytes(data))).Taken);

    private RaftState NewPeer(string id) => new(
        new RaftSettings { Self = id, Peers = _ids, InitialEligible = _eligible },
        _disks[id].Restore(),
        new Dice(++_seed),
        Now);

    private void Take(string id)
    {
        if (Peers[id].TakeReady() is not { } ready)
            return;
        _disks[id].Store(ready);
        Wire.AddRange(ready.Messages);
        _applied[id].AddRange(ready.Committed);
        _events[id].AddRange(ready.Events);
    }
}
