using AspireElection.Benchmarks.Crowds;
using AspireElection.Benchmarks.Report;
using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Benchmarks.Server;

/// <summary>
/// One store and one kind of node, on a server of its own: one node leads, then a second follows, then a third, each at
/// default settings and in a process of its own. What the server serves in rest with each of these is compared.
/// </summary>
internal sealed class Lane(string store, bool workers) : IAsyncDisposable
{
    private const int Nodes = 3;
    private static readonly TimeSpan Lease = new ElectionOptions().LeaseDuration;

    /// <summary>Over a lease, so that whoever came last has said so once and is known to all.</summary>
    private static readonly TimeSpan Settling = Lease * 1.2;
    private static readonly TimeSpan Measured = Lease * 3;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private readonly List<Child> _children = [];
    private readonly List<LineMeter> _lines = [];
    private readonly List<Reading> _perLease = [];
    private readonly List<Reading> _followers = [];
    private Reading _leader;

    public static TimeSpan Duration => Nodes * (Settling + Measured) + TimeSpan.FromSeconds(15);

    public string Name => $"{(store == "redis" ? "Redis" : store == "postgres" ? "PostgreSQL" : "etcd")}, {(workers ? "worker" : "bare candidate")}";

    public async Task MeasureAsync(CancellationToken stop)
    {
        await using RealServer server = store switch
        {
            "redis" => new RedisServer(),
            "postgres" => new PostgresServer(),
            _ => EtcdServer.WithUsualTimes(),
        };
        await server.StartAsync();
        await using IMeter meter = server switch
        {
            RedisServer redis => await RedisMeter.OpenAsync(redis, atRest: true, stop),
            PostgresServer postgres => await PostgresMeter.OpenAsync(postgres, stop),
            _ => new EtcdMeter((EtcdServer)server),
        };
        for (var node = 1; node <= Nodes; node++)
        {
            await StartAsync(server, node, stop);
            await Task.Delay(Settling, stop);
            var (before, lines) = (await meter.ReadAsync(stop), _lines.ConvertAll(l => l.Read()));
            await Task.Delay(Measured, stop);
            var leases = Measured / Lease;
            _perLease.Add((await meter.ReadAsync(stop) - before) / leases);
            Compare(lines, leases);
        }
    }

    public void Report(Run run)
    {
        // The slope of a line through three points.
        var requests = (_perLease[2].Requests - _perLease[0].Requests) / 2;
        if (store != "postgres")
        {
            run.Add(new Figure($"{Name}: requests of an idle follower", "a lease", [requests]) { Limit = store == "redis" ? 1 : 3 });
            run.Add(new Figure($"{Name}: requests of the leader", "a lease", [_perLease[0].Requests]));
            if (store == "redis")
                run.Add(new Figure($"{Name}: further requests by which the client library looks after an idle follower's connections", "a lease", [(_perLease[2].Upkeep - _perLease[0].Upkeep) / 2]));
            run.Add(new Figure($"{Name}: bytes of an idle follower", "1/s", [PerSecond((_perLease[2].Bytes - _perLease[0].Bytes) / 2)]));
            run.Add(new Figure($"{Name}: bytes of the leader", "1/s", [PerSecond(_perLease[0].Bytes)]));
            return;
        }

        run.Add(new Figure($"{Name}: round trips of an idle follower", "in 10 s", _followers.ConvertAll(f => f.Requests)) { Limit = 1 });
        run.Add(new Figure($"{Name}: round trips of the leader", "in 10 s", [_leader.Requests]));
        run.Add(new Figure($"{Name}: statements of an idle follower", "in 10 s", [requests]));
        run.Add(new Figure($"{Name}: statements of the leader", "in 10 s", [_perLease[0].Requests]));
        run.Add(new Figure($"{Name}: bytes of an idle follower", "1/s", _followers.ConvertAll(f => PerSecond(f.Bytes))));
        run.Add(new Figure($"{Name}: bytes of the leader", "1/s", [PerSecond(_leader.Bytes)]));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var child in _children)
            child.Dispose();
        foreach (var line in _lines)
            await line.DisposeAsync();
    }

    private static double PerSecond(double? perLease) => (perLease ?? 0) / Lease.TotalSeconds;

    private async Task StartAsync(RealServer server, int node, CancellationToken stop)
    {
        var connection = server.ConnectionString;
        if (server is PostgresServer)
        {
            // The server counts neither bytes nor round trips.
            var line = new LineMeter(server);
            _lines.Add(line);
            connection = line.ConnectionString;
        }

        var name = $"node-{node}";
        if (workers)
        {
            var worker = Child.Worker(
                ["--store", store, "--lock-name", "bench", "--node-id", name, "--status-line", "false"],
                new Dictionary<string, string> { [$"ConnectionStrings__{store}"] = connection });
            _children.Add(worker);
            await worker.AnswerAsync("listening: ", StartLimit, stop);
        }
        else
        {
            _children.Add(await CrowdCommand.StartAsync(store, name, 1, Lease, connection, stop));
        }
    }

    private void Compare(List<Reading> before, double leases)
    {
        for (var i = 0; i < before.Count; i++)
        {
            var used = (_lines[i].Read() - before[i]) / leases;
            if (i > 0)
                _followers.Add(used);
            else if (before.Count == 1)
                _leader = used;
        }
    }
}
