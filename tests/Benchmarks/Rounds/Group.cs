using System.Globalization;
using System.Threading.Channels;
using AspireElection.Faults.Harness;

namespace AspireElection.Benchmarks.Rounds;

/// <summary>Three workers in an election of their own, of which the leader comes to an end again and again.</summary>
/// <param name="place">Where they elect.</param>
/// <param name="lease">Of the election.</param>
/// <param name="withLines">Each reaches its server over a line that can be cut.</param>
/// <param name="stop">Ends every wait.</param>
internal sealed class Group(Place place, TimeSpan lease, bool withLines, CancellationToken stop) : IAsyncDisposable
{
    public static readonly IReadOnlyList<string> NodeIds = ["n1", "n2", "n3"];

    private static readonly TimeSpan LooksAgain = TimeSpan.FromMilliseconds(20);
    private static int s_groups;

    private readonly string _election = string.Create(CultureInfo.InvariantCulture, $"bench-{Interlocked.Increment(ref s_groups)}");
    private readonly Channel<Said> _said = Channel.CreateUnbounded<Said>();
    private readonly Dictionary<string, WorkerProcess> _workers = [];
    private readonly Dictionary<string, TcpProxy> _lines = [];

    /// <summary>How long a wait for a leader may last at most: far more than it should.</summary>
    private TimeSpan Limit => lease * 3 + TimeSpan.FromSeconds(15);

    public async Task StartAsync()
    {
        foreach (var id in NodeIds)
        {
            if (withLines && place.ServerPort is { } port)
                _lines[id] = new TcpProxy(port);
            await StartAsync(id);
        }

        await SettledAsync();
    }

    /// <summary>Starts a worker and waits until it listens.</summary>
    public async Task StartAsync(string nodeId)
    {
        if (_workers.Remove(nodeId, out var before))
            await before.DisposeAsync();
        var port = _lines.TryGetValue(nodeId, out var line) ? line.Port : place.ServerPort ?? 0;
        var worker = new WorkerProcess(
            nodeId,
            _election,
            [.. place.Flags, "--lease-duration", string.Create(CultureInfo.InvariantCulture, $"{lease.TotalMilliseconds:0}ms")],
            place.Variables(port),
            said => _said.Writer.TryWrite(said));
        _workers[nodeId] = worker;
        await worker.ListensAsync(stop);
    }

    /// <summary>Another in place of one that has ended, which stands in line and has nothing left to do.</summary>
    public async Task ReplaceAsync(WorkerProcess ended)
    {
        await StartAsync(ended.NodeId);
        await SettledAsync();
        await _workers[ended.NodeId].RestsAsync(stop);
    }

    /// <summary>None has anything to do but to renew and to wait.</summary>
    public Task RestsAsync(WorkerProcess? but = null) => Task.WhenAll(_workers.Values.Where(w => w != but).Select(w => w.RestsAsync(stop)));

    /// <summary>One leads and the two others follow it; what was said before that is forgotten.</summary>
    public async Task<WorkerProcess> SettledAsync()
    {
        for (var end = DateTimeOffset.UtcNow + Limit; DateTimeOffset.UtcNow < end; await Task.Delay(LooksAgain, TimeProvider.System, stop))
        {
            if (await AgreedAsync() is not { } leader)
                continue;
            while (_said.Reader.TryRead(out _))
            {
            }

            return leader;
        }

        throw new TimeoutException($"three workers did not agree on a leader within {Limit.TotalSeconds:0} s");
    }

    /// <summary>When somebody became leader after an instant, by its own line.</summary>
    public async Task<DateTimeOffset> NextLeaderAsync(DateTimeOffset after) => (await NextAsync(s => s.What == Said.Became && s.At >= after)).At;

    /// <summary>
    /// The leader reaches its store no more. When it ceased to lead: the earlier of its own line and its first answer that it does not.
    /// </summary>
    public async Task<(DateTimeOffset Cut, DateTimeOffset Stopped, DateTimeOffset Next)> CutOffAsync(WorkerProcess leader)
    {
        var cut = await CutAsync(leader);
        var denied = await TrustWatch.EndsAsync(leader, stop).WaitAsync(Limit, TimeProvider.System, stop);
        DateTimeOffset? lost = null;
        var next = await NextAsync(s =>
        {
            if (s.NodeId == leader.NodeId && s.What == Said.Lost)
                lost = s.At;
            return s.NodeId != leader.NodeId && s.What == Said.Became && s.At >= cut;
        });
        return (cut, lost < denied ? lost.Value : denied, next.At);
    }

    /// <summary>All lines work again.</summary>
    public void Heal()
    {
        foreach (var line in _lines.Values)
            line.Heal();
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_workers.Values.Select(w => w.DisposeAsync().AsTask()));
        foreach (var line in _lines.Values)
            await line.DisposeAsync();
    }

    /// <summary>Where there is no line to cut, the worker's own drill keeps it from its store until the next leader is there.</summary>
    private async Task<DateTimeOffset> CutAsync(WorkerProcess leader)
    {
        if (!_lines.TryGetValue(leader.NodeId, out var line))
            return await leader.OrderAsync(string.Create(CultureInfo.InvariantCulture, $"cut?for={lease.TotalMilliseconds * 1.5 + 500:0}ms"), stop);
        var at = DateTimeOffset.UtcNow;
        line.BlackHole();
        return at;
    }

    private async Task<Said> NextAsync(Func<Said, bool> wanted)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Limit);
        try
        {
            while (true)
            {
                var said = await _said.Reader.ReadAsync(limit.Token);
                if (wanted(said))
                    return said;
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new TimeoutException($"nobody became leader within {Limit.TotalSeconds:0} s");
        }
    }

    private async Task<WorkerProcess?> AgreedAsync()
    {
        WorkerProcess? leader = null;
        var terms = new HashSet<long>();
        foreach (var worker in _workers.Values)
        {
            var answer = await worker.AskAsync(stop);
            terms.Add(answer.LeaderTerm);
            if (answer.IsLeader)
                leader = worker;
            else if (answer.Role != "follower")
                return null;
        }

        return terms.Count == 1 ? leader : null;
    }
}
