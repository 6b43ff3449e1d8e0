using System.Diagnostics;

namespace AspireElection.Faults.Harness;

/// <summary>A node through all its lives: how it is started, and the line to its server.</summary>
internal sealed class Node(string nodeId, string label, TcpProxy? line, Func<Node, (ProcessStartInfo Info, string[] Variables)> start, Recording recording)
    : IAsyncDisposable
{
    public const string AdminToken = "admin-token-of-the-faults";

    private NodeProcess? _process;
    private int _life;

    public string NodeId => nodeId;

    /// <summary>Tells nodes with the same id apart.</summary>
    public string Label => label;

    /// <summary>Null where the store is no server.</summary>
    public TcpProxy Line => line ?? throw new InvalidOperationException("This store is reached over no line.");

    public TcpProxy? LineOrNone => line;

    public NodeProcess Process => _process ?? throw new InvalidOperationException($"{nodeId} was not started.");

    public bool Runs => _process is { HasEnded: false };

    public bool Leads => _process is { IsFrozen: false, Last.IsLeader: true };

    /// <summary>Starts it, anew where it had run before.</summary>
    public async Task StartAsync()
    {
        await BeginAsync();
        await Process.ListensAsync();
    }

    /// <summary>Starts it and waits for nothing.</summary>
    public async Task BeginAsync()
    {
        if (_process is { } before)
        {
            _process = null;
            await before.DisposeAsync();
        }

        var (info, variables) = start(this);
        _process = new NodeProcess($"{label}#{++_life}", info, variables, recording);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        if (line is not null)
            await line.DisposeAsync();
    }
}
