namespace AspireElection.Tests.Simulation.Histories;

/// <summary>One session at the server.</summary>
internal sealed class Backend(int pid, SharedClient client, BackendUse use, int presence, long idleTimeout)
{
    public int Pid => pid;

    public SharedClient Client => client;

    public BackendUse Use => use;

    /// <summary>The key of its presence; 0 where it shows none.</summary>
    public int Presence => presence;

    public bool IsOpen { get; set; } = true;

    /// <summary>How long it may be silent, in ticks of the server's clock; for ever where 0.</summary>
    public long IdleTimeout { get; set; } = idleTimeout;

    public long IdleSince { get; set; }

    /// <summary>When the server looks at it next, by its own clock.</summary>
    public long WatchedAt { get; set; } = long.MaxValue;

    /// <summary>A statement of it runs, which is no silence; what to do where it is broken off.</summary>
    public Action? BreakOff { get; set; }

    /// <summary>Until when its statements are slow.</summary>
    public long SlowUntil { get; set; }

    /// <summary>Those who wait for its end.</summary>
    public List<IAnswer<bool>> Watchers { get; } = [];
}

internal enum BackendUse
{
    Seats,
    Waiters,
    Watch,
}
