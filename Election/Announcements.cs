using AspireElection.Telemetry;

namespace AspireElection;

/// <summary>
/// The fan-out of one election within a process: the leader says here that it leads and, with each confirmed renewal,
/// that it still does; everybody else of the process listens, and followers acknowledge. Nodes share it by
/// <see cref="ElectionOptions.Announcements"/>, whichever store elects. Safe for use by several threads.
/// </summary>
/// <remarks>
/// Announcements are news, not proof: whoever must not act beside another leader asks <see cref="Leadership.IsTrusted"/>
/// or fences its writes. The leader never waits for a subscriber; what a heartbeat costs it grows with their number
/// (microseconds for a few, some 5 ms for 10,000), after its trust was stretched.
/// </remarks>
public sealed class Announcements
{
    private readonly FanOut<Announcement> _fanOut;
    private Announcement.Heartbeat? _lastHeartbeat;
    private Leader? _leader;

    /// <summary>A fan-out to which nobody listens yet.</summary>
    /// <param name="election">The election's name.</param>
    /// <param name="capacity">How many announcements wait for one subscriber before it loses the oldest; at least 1, default 64.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is below 1.</exception>
    public Announcements(string election, int capacity = 64)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        Election = election;
        _fanOut = new FanOut<Announcement>(capacity, election, ElectionTelemetry.AnnouncementDropped);
    }

    /// <summary>The election's name.</summary>
    public string Election { get; }

    /// <summary>The leader of this process; null when none of its nodes is known to lead.</summary>
    public Leader? Leader => Volatile.Read(ref _leader);

    /// <summary>The last heartbeat, with the number of those who have acknowledged it; null before the first.</summary>
    public Announcement.Heartbeat? LastHeartbeat => Volatile.Read(ref _lastHeartbeat);

    /// <summary>How many listen now.</summary>
    public int Listeners => _fanOut.Subscribers;

    /// <summary>Begins to listen, at any time; where a node of this process leads, that is the first that is heard.</summary>
    public Listener Listen()
    {
        var subscription = _fanOut.Subscribe();
        // After joining, so that a leader that comes meanwhile is heard twice rather than not at all.
        if (Leader is { } leader)
            subscription.Tell(new Announcement.Leads(Election, leader));
        return new Listener(subscription);
    }

    internal void Lead(Leader leader)
    {
        Volatile.Write(ref _leader, leader);
        _fanOut.Publish(new Announcement.Leads(Election, leader));
    }

    internal void Beat(Leader leader)
    {
        // The last beat of a term that is over may come late: the present one's count goes on.
        if (Leader is { } present && present.Term != leader.Term)
            return;
        var number = LastHeartbeat is { } last && last.Leader.Term == leader.Term ? last.Number + 1 : 1;
        var heartbeat = new Announcement.Heartbeat(Election, leader, number);
        Volatile.Write(ref _lastHeartbeat, heartbeat);
        heartbeat.WasTold(_fanOut.Publish(heartbeat));
    }

    /// <summary>The term is over; whoever joins now is not told of it.</summary>
    internal void End(long term)
    {
        if (Leader is { } leader && leader.Term == term)
            Interlocked.CompareExchange(ref _leader, null, leader);
    }
}
