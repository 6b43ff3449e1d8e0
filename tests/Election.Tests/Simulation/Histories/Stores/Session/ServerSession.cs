namespace AspireElection.Tests.Simulation.Histories;

/// <summary>One session at the server.</summary>
internal sealed class ServerSession(int backend, SessionClient client, int priority)
{
    public int Backend => backend;

    public SessionClient Client => client;

    public int Priority => priority;

    public bool IsOpen { get; set; } = true;

    /// <summary>Its client's end of the connection is closed, which a waiting session notices only now and then.</summary>
    public bool ClientIsGone { get; set; }

    /// <summary>It waits for the lock; where to put the answer.</summary>
    public IAnswer<bool>? Waiting { get; set; }

    /// <summary>How long it may be silent, in ticks of the server's clock.</summary>
    public long IdleTimeout { get; set; }

    public long IdleSince { get; set; }

    /// <summary>When the server looks at it next, by its own clock.</summary>
    public long WatchedAt { get; set; } = long.MaxValue;
}
