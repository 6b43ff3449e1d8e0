using System.Globalization;
using AspireElection.Stores.Postgres;
using AspireElection.Stores.Redis;
using AspireElection.Timing;
using StackExchange.Redis;

namespace AspireElection.FaultNodes;

/// <summary>
/// Many candidates in one process, over one store: "crowd STORE NAME ELECTIONS CANDIDATES LEASE_MS LOCK_SESSIONS". It
/// takes orders on standard input (resign, report, stop) and prints what the test needs to compare it with other processes.
/// </summary>
internal sealed class Crowd : IAsyncDisposable
{
    public const string Word = "crowd";

    /// <summary>The server's connection string: it holds a password, which arguments must not.</summary>
    public const string Connection = "CROWD_CONNECTION";

    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(10);

    private readonly IElectionStore _store;
    private readonly List<Candidate> _candidates = [];
    private readonly Dictionary<(string Election, string Node, long Term), (DateTime First, DateTime Last)> _reigns = [];
    private readonly Dictionary<(string Election, string Node, long Term), LossReason> _lost = [];
    private readonly Lock _gate = new();
    private volatile bool _over;

    private Crowd(IElectionStore store) => _store = store;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var (store, name) = (arguments[0], arguments[1]);
        var (elections, candidates, lease) = (Whole(arguments[2]), Whole(arguments[3]), TimeSpan.FromMilliseconds(Whole(arguments[4])));
        await using var crowd = new Crowd(await OpenAsync(store, Environment.GetEnvironmentVariable(Connection)!, Whole(arguments[5])));
        // The client has us continue on the thread that reads its answers; what follows blocks its thread.
        await Task.Yield();
        for (var election = 0; election < elections; election++)
        {
            for (var number = 0; number < candidates; number++)
            {
                var options = new ElectionOptions { NodeId = $"{name}-{number}", LeaseDuration = lease };
                options.Callbacks.LostLeadership = crowd.Lost;
                crowd._candidates.Add(new Candidate($"load-{election}", crowd._store, options));
            }
        }

        new Thread(crowd.Watch) { IsBackground = true, Name = "watch" }.Start();
        foreach (var candidate in crowd._candidates)
            await candidate.StartAsync();
        Console.WriteLine("standing");
        while (await Console.In.ReadLineAsync() is { } order && order != "stop")
            await crowd.ObeyAsync(order);
        await crowd.StopAsync();
        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        _over = true;
        await _store.DisposeAsync();
    }

    private static async Task<IElectionStore> OpenAsync(string store, string connection, int lockSessions) => store switch
    {
        "redis" => new RedisStore(await ConnectionMultiplexer.ConnectAsync(connection), BootClock.Instance),
        "postgres" => new PostgresStore(connection, BootClock.Instance) { LockSessions = lockSessions },
        _ => throw new ArgumentException($"A crowd knows no store '{store}'.", nameof(store)),
    };

    private async Task ObeyAsync(string order)
    {
        switch (order)
        {
            case "count":
                Console.WriteLine($"count {_candidates.Count(c => c.IsLeader)}");
                break;
            case "members":
                Console.WriteLine($"members {_candidates.Min(c => c.Members.Count)}");
                break;
            case "resign":
                await Task.WhenAll(_candidates.Where(c => c.IsLeader).Select(c => c.ResignAsync()));
                Console.WriteLine("resigned");
                break;
            case "report":
                Report();
                break;
        }
    }

    private void Lost(Leadership leadership, LossReason reason)
    {
        lock (_gate)
            _lost[(leadership.Term.Election, leadership.Term.Candidate.NodeId, leadership.Token)] = reason;
    }

    private async Task StopAsync()
    {
        await Task.WhenAll(_candidates.Select(c => c.StopAsync()));
        Report();
        Console.WriteLine("stopped");
    }

    private void Report()
    {
        lock (_gate)
        {
            foreach (var (reign, (first, last)) in _reigns)
            {
                var end = _lost.TryGetValue(reign, out var reason) ? $"{reason}" : "leads";
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"reign {reign.Election} {reign.Node} {reign.Term} {first:O} {last:O} {end}"));
            }
        }

        Console.WriteLine("reported");
    }

    /// <summary>Asks everybody again and again. Whoever says yes twice for a term led all the time between.</summary>
    private void Watch()
    {
        while (!_over)
        {
            foreach (var candidate in _candidates)
            {
                // First the clock, then the question: what is noted is never later than the truth.
                var now = DateTime.UtcNow;
                if (candidate.Leadership is not { } leadership)
                    continue;
                lock (_gate)
                {
                    var key = (candidate.Election, candidate.Id.NodeId, leadership.Token);
                    _reigns[key] = _reigns.TryGetValue(key, out var reign) ? (reign.First, now) : (DateTime.UtcNow, now);
                }
            }

            Thread.Sleep(Period);
        }
    }

    private static int Whole(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
