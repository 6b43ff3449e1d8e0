using BenchmarkDotNet.Attributes;

namespace AspireElection.Benchmarks.InProcess;

/// <summary>
/// One heartbeat of the leader to all who observe it in its process. The leader pays for telling, whether anybody reads
/// or not; how long it takes until all have read and acknowledged is theirs.
/// </summary>
public class DeliveryCosts
{
    private static readonly Leader Someone = new("node-1", "a", null, 1, default);

    private readonly List<Listener> _listeners = [];
    private readonly List<Task> _listening = [];
    private Announcements _announcements = null!;

    [Params(1, 100, 10_000)]
    public int Subscribers { get; set; }

    [GlobalSetup(Target = nameof(Told))]
    public void AddSleepers()
    {
        _announcements = new Announcements("bench", capacity: 4);
        AddListeners();
        // Until all queues are full: from then on each heartbeat is a loss for everybody.
        for (var round = 0; round < 10; round++)
            Told();
    }

    [GlobalSetup(Target = nameof(Acknowledged))]
    public void AddReaders()
    {
        _announcements = new Announcements("bench");
        AddListeners();
        _listening.AddRange(_listeners.Select(AcknowledgeAsync));
    }

    [GlobalCleanup]
    public async Task StopAsync()
    {
        _listeners.ForEach(l => l.Dispose());
        await Task.WhenAll(_listening);
        _listeners.Clear();
        _listening.Clear();
    }

    [Benchmark]
    public void Told() => _announcements.Beat(Someone);

    [Benchmark]
    public async Task Acknowledged()
    {
        _announcements.Beat(Someone);
        while (_announcements.LastHeartbeat!.Acknowledged < Subscribers)
            await Task.Yield();
    }

    private static async Task AcknowledgeAsync(Listener listener)
    {
        await foreach (var announcement in listener.ReadAsync())
        {
            if (announcement is Announcement.Heartbeat heartbeat)
                listener.Acknowledge(heartbeat);
        }
    }

    private void AddListeners() => _listeners.AddRange(Enumerable.Range(0, Subscribers).Select(_ => _announcements.Listen()));
}
