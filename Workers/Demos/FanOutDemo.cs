using System.Globalization;
using AspireElection.Stores.InProcess;
using AspireElection.Workers.Drills;

namespace AspireElection.Workers.Demos;

/// <summary>Five nodes of one process: the leader's heartbeats, their acknowledgements, a leader that stops, one that falls silent.</summary>
internal static class FanOutDemo
{
    private const string Election = "fanout-demo";
    private const int Nodes = 5;

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Scene = TimeSpan.FromSeconds(2.2);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    // Long enough for followers on a busy machine to have acknowledged.
    private static readonly TimeSpan Echo = TimeSpan.FromMilliseconds(50);

    public static async Task<int> RunAsync(DemoScreen screen, TimeProvider clock, CancellationToken stopping)
    {
        // One fan-out and one store for all nodes. Four announcements wait for each listener.
        var announcements = new Announcements(Election, capacity: 4);
        await using var store = new InProcessStore(clock);
        var nodes = Enumerable.Range(1, Nodes).Select(n => Node(n, store, announcements, screen, clock)).ToList();
        using var listener = announcements.Listen();
        using var sleeper = announcements.Listen();
        var telling = TellAsync(listener, nodes, screen, clock);
        try
        {
            screen.Say("Five nodes of one process compete for one seat. Lease 2 s, a heartbeat each 0.5 s.");
            await Task.WhenAll(nodes.Select(n => n.Candidate.StartAsync()));
            var first = await UntilLedAsync(nodes, null, clock, stopping);
            await Task.Delay(Scene, clock, stopping);

            screen.Say($"The leader {first.Candidate.Id.NodeId} stops.");
            var began = clock.GetTimestamp();
            await first.Candidate.StopAsync();
            var second = await UntilLedAsync(nodes, first, clock, stopping);
            screen.Say($"{second.Candidate.Id.NodeId} has taken over after {Milliseconds(clock.GetElapsedTime(began))}.");
            await Task.Delay(Scene, clock, stopping);

            screen.Say($"The leader {second.Candidate.Id.NodeId} falls silent: its renewals fail, and its heartbeats stop.");
            // Cut off, not only paused: it would give its seat back when its trust ends, and nobody would miss a heartbeat for long.
            second.Drill.Cut(Lease * 3);
            began = clock.GetTimestamp();
            await UntilAsync(() => nodes.Exists(n => n != second && n.Candidate.Role == Role.Candidate), clock, stopping);
            screen.Say($"Its followers miss them after {Milliseconds(clock.GetElapsedTime(began))}, and stand ready for a new election.");
            var third = await UntilLedAsync(nodes, second, clock, stopping);
            screen.Say($"{third.Candidate.Id.NodeId} has taken over after {Milliseconds(clock.GetElapsedTime(began))}, when the lease was over.");
            await Task.Delay(Scene / 2, clock, stopping);
            screen.Say($"A listener that read nothing has lost {sleeper.Lost} announcements. Nobody waited for it.");
            return 0;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return 0;
        }
        catch (TimeoutException)
        {
            screen.Say($"Nobody took over within {Limit.TotalSeconds:0} s.");
            return OrderlyExit.NotStarted;
        }
        finally
        {
            screen.Say("All nodes stop.");
            // Followers first: nobody shall be elected to stop at once.
            foreach (var node in nodes.OrderBy(n => n.Candidate.IsLeader))
            {
                await node.Candidate.StopAsync();
                node.Drill.Dispose();
            }

            listener.Dispose();
            await telling;
        }
    }

    private static DemoNode Node(int number, InProcessStore store, Announcements announcements, DemoScreen screen, TimeProvider clock)
    {
        var options = new ElectionOptions
        {
            NodeId = $"n{number}",
            LeaseDuration = Lease,
            RenewPeriod = Lease / 4,
            Announcements = announcements,
        };
        options.Callbacks.BecameFollower = leader => screen.Line(number, $"👥 follows {leader.NodeId}");
        options.Callbacks.LostLeadership = (_, reason) => screen.Line(number, $"⚠️ leads no more: {reason}");
        var drill = new Drill(clock);
        return new DemoNode(number, new Candidate(Election, new DrilledStore(store, drill), options), drill);
    }

    /// <summary>Shows what the leaders announce, and who has heard it.</summary>
    private static async Task TellAsync(Listener listener, List<DemoNode> nodes, DemoScreen screen, TimeProvider clock)
    {
        await foreach (var announcement in listener.ReadAsync())
        {
            var number = nodes.First(n => n.Candidate.Id.NodeId == announcement.Leader.NodeId).Number;
            switch (announcement)
            {
                case Announcement.Leads:
                    screen.Line(number, $"🎉 leads, term={announcement.Leader.Term}");
                    break;
                case Announcement.Heartbeat heartbeat:
                    var followers = Followers(nodes).Count();
                    await Task.Delay(Echo, clock);
                    screen.Line(number, $"💓 heartbeat {heartbeat.Number}, acknowledged by {heartbeat.Acknowledged} of {followers}");
                    break;
            }
        }
    }

    private static IEnumerable<DemoNode> Followers(List<DemoNode> nodes) =>
        nodes.Where(n => n.Candidate.Role is Role.Follower or Role.Candidate);

    private static async Task<DemoNode> UntilLedAsync(List<DemoNode> nodes, DemoNode? not, TimeProvider clock, CancellationToken stopping)
    {
        DemoNode? leader = null;
        await UntilAsync(() => (leader = nodes.FirstOrDefault(n => n != not && n.Candidate.IsLeader)) is not null, clock, stopping);
        return leader!;
    }

    private static async Task UntilAsync(Func<bool> holds, TimeProvider clock, CancellationToken stopping)
    {
        for (var began = clock.GetTimestamp(); !holds(); await Task.Delay(TimeSpan.FromMilliseconds(1), clock, stopping))
        {
            if (clock.GetElapsedTime(began) > Limit)
                throw new TimeoutException();
        }
    }

    private static string Milliseconds(TimeSpan duration) => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0} ms");

    private sealed record DemoNode(int Number, Candidate Candidate, Drill Drill);
}
