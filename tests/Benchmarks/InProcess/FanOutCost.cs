using System.Diagnostics;
using System.Globalization;
using AspireElection.Benchmarks.Report;

namespace AspireElection.Benchmarks.InProcess;

/// <summary>
/// What a heartbeat costs the leader of a process: with subscribers that all wait for it and acknowledge it, and with
/// subscribers that do not read at all.
/// </summary>
internal sealed class FanOutCost : IPart
{
    private static readonly Leader Someone = new("node-1", "a", null, 1, default);

    public string Name => "fan-out";

    public bool IsQuick => false;

    public async Task MeasureAsync(Run run)
    {
        foreach (var figure in await MeasureAsync(run.Rounds))
            run.Add(figure);
    }

    private static async Task<IReadOnlyList<Figure>> MeasureAsync(int rounds)
    {
        var figures = new List<Figure>();
        foreach (var subscribers in (int[])[1, 100, 10_000])
        {
            var name = $"fan-out: a heartbeat to {subscribers.ToString("N0", CultureInfo.InvariantCulture)}";
            figures.Add(new Figure($"{name} that acknowledge", "µs", await AcknowledgedAsync(subscribers, rounds)));
            figures.Add(new Figure($"{name} that do not read", "µs", Unread(subscribers, rounds)));
        }

        return figures;
    }

    private static async Task<List<double>> AcknowledgedAsync(int subscribers, int rounds)
    {
        var announcements = new Announcements("bench");
        var listeners = Enumerable.Range(0, subscribers).Select(_ => announcements.Listen()).ToList();
        var listening = listeners.ConvertAll(AcknowledgeAsync);
        var microseconds = new List<double>();
        for (var round = -3; round < rounds; round++)
        {
            var took = Beat(announcements);
            while (announcements.LastHeartbeat!.Acknowledged < subscribers)
                await Task.Delay(1);
            if (round >= 0)
                microseconds.Add(took);
        }

        listeners.ForEach(l => l.Dispose());
        await Task.WhenAll(listening);
        return microseconds;
    }

    private static List<double> Unread(int subscribers, int rounds)
    {
        var announcements = new Announcements("bench", capacity: 4);
        var listeners = Enumerable.Range(0, subscribers).Select(_ => announcements.Listen()).ToList();
        // Until all queues are full: from then on each heartbeat is a loss for everybody.
        for (var round = 0; round < 10; round++)
            announcements.Beat(Someone);
        var microseconds = Enumerable.Range(0, rounds).Select(_ => Beat(announcements)).ToList();
        listeners.ForEach(l => l.Dispose());
        return microseconds;
    }

    private static double Beat(Announcements announcements)
    {
        var startedAt = Stopwatch.GetTimestamp();
        announcements.Beat(Someone);
        return Stopwatch.GetElapsedTime(startedAt).TotalMicroseconds;
    }

    private static async Task AcknowledgeAsync(Listener listener)
    {
        await foreach (var announcement in listener.ReadAsync())
        {
            if (announcement is Announcement.Heartbeat heartbeat)
                listener.Acknowledge(heartbeat);
        }
    }
}
