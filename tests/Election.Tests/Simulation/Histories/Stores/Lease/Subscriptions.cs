namespace AspireElection.Tests.Simulation.Histories;

/// <summary>
/// What one connection listens to. Its messages keep their order whatever delays others: a subscription that was given
/// up cannot end the one after it.
/// </summary>
internal sealed class Subscriptions
{
    private readonly Dictionary<string, int> _wanted = [];
    private readonly Dictionary<string, int> _heard = [];
    private readonly Dictionary<string, int> _versions = [];

    /// <summary>What the client wants to hear, each name once.</summary>
    public IEnumerable<string> Wanted => _wanted.Keys;

    /// <summary>The server sends something to this connection.</summary>
    public bool Any => _heard.Count > 0;

    public bool Contains(string name) => _heard.ContainsKey(name);

    /// <summary>The connection is gone, and the server forgets it.</summary>
    public void Forget() => _heard.Clear();

    /// <summary>One more at the client wants to hear it; what to do at the server.</summary>
    public Func<bool> Want(string name)
    {
        _wanted[name] = _wanted.GetValueOrDefault(name) + 1;
        return Listen(name);
    }

    public Func<bool> Listen(string name)
    {
        var version = Next(name);
        return () =>
        {
            _heard[name] = Math.Max(_heard.GetValueOrDefault(name), version);
            return true;
        };
    }

    /// <summary>One less wants to hear it; what to do at the server, null when others do.</summary>
    public Func<bool>? Drop(string name)
    {
        if (_wanted[name] > 1)
        {
            _wanted[name]--;
            return null;
        }

        _wanted.Remove(name);
        var version = Next(name);
        return () => _heard.GetValueOrDefault(name) < version && _heard.Remove(name);
    }

    private int Next(string name) => _versions[name] = _versions.GetValueOrDefault(name) + 1;
}
