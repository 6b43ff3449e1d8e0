namespace AspireElection.Timing;

/// <summary>Somebody who has to know when the wall clock and the boot clock part.</summary>
internal interface IWallWatcher
{
    /// <summary>They parted; called on the ticker's thread, must not block nor throw.</summary>
    /// <param name="lead">How far the wall clock is ahead of the boot clock now, as <see cref="ClockWatch.Lead"/>.</param>
    void WallsParted(TimeSpan lead);
}

/// <summary>
/// Notices when the wall clock and the boot clock part: the host was restored, its clock was stepped, or it slept. The
/// wall clock decides nothing, but such a host has reason to ask the store at once whether it still leads.
/// </summary>
internal sealed class ClockWatch(TimeProvider clock)
{
    /// <summary>Below what anybody cares for; it spares thousands of watchers a call for nothing.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(1);

    private readonly Lock _gate = new();
    private readonly HashSet<IWallWatcher> _watchers = [];
    private TimeSpan _told;

    /// <summary>How far the wall clock is ahead of the boot clock: a meaningless number, whose changes tell.</summary>
    public TimeSpan Lead => TimeSpan.FromTicks(clock.GetUtcNow().Ticks) - clock.GetElapsedTime(0);

    public void Add(IWallWatcher watcher)
    {
        lock (_gate)
            _watchers.Add(watcher);
    }

    public void Remove(IWallWatcher watcher)
    {
        lock (_gate)
            _watchers.Remove(watcher);
    }

    /// <summary>Compares the clocks, and tells everybody when they have parted since they were told last.</summary>
    public void Look()
    {
        var before = clock.GetTimestamp();
        var lead = Lead;
        // A pause between the reading of both clocks is no step of one of them.
        if (clock.GetElapsedTime(before) > Least)
            return;
        IWallWatcher[] watchers;
        lock (_gate)
        {
            if ((lead - _told).Duration() < Least)
                return;
            _told = lead;
            watchers = [.. _watchers];
        }

        foreach (var watcher in watchers)
            watcher.WallsParted(lead);
    }
}
