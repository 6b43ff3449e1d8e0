using System.Globalization;
using System.Threading.Channels;
using AspireElection.Benchmarks.Limits.Stands;
using AspireElection.Stores.Etcd;
using AspireElection.Stores.Postgres;
using AspireElection.Stores.Redis;
using AspireElection.Timing;
using StackExchange.Redis;

namespace AspireElection.Benchmarks.Crowds;

/// <summary>
/// <c>crowd STORE NODE CANDIDATES LEASE_MS</c>: bare candidates of one election in a process of their own, over one
/// store. It takes orders on standard input (<c>resign</c>, <c>cpu</c>) and ends with it.
/// </summary>
internal static class CrowdCommand
{
    public const string Word = "crowd";

    /// <summary>The connection string: it holds a password, which arguments must not.</summary>
    public const string Connection = "CROWD_CONNECTION";

    public const string Stands = "stands";

    /// <summary>Milliseconds of processor time that the process has used.</summary>
    public const string Cpu = "cpu";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    /// <summary>Starts it; returns when each of its candidates knows who leads.</summary>
    public static async Task<Child> StartAsync(
        string store, string node, int candidates, TimeSpan lease, string connection, CancellationToken stop, Channel<string>? lines = null)
    {
        var child = Child.OfThisProgram(
            [Word, store, node, .. new[] { candidates, (int)lease.TotalMilliseconds }.Select(n => n.ToString(CultureInfo.InvariantCulture))],
            new Dictionary<string, string> { [Connection] = connection },
            lines);
        try
        {
            await child.AnswerAsync(Stands, StartLimit, stop);
            return child;
        }
        catch (Exception)
        {
            child.Dispose();
            throw;
        }
    }

    public static async Task RunAsync(string[] arguments)
    {
        var (kind, node, count, lease) = (arguments[0], arguments[1], Whole(arguments[2]), TimeSpan.FromMilliseconds(Whole(arguments[3])));
        var connection = Environment.GetEnvironmentVariable(Connection)
            ?? throw new InvalidOperationException($"{Connection} is not set; it holds the connection string of the store");
        await using var store = await OpenAsync(kind, connection);
        // A client may have us continue on the thread that reads its answers; what follows blocks its thread.
        await Task.Yield();
        var candidates = Enumerable.Range(0, count).Select(i => NewCandidate(store, $"{node}-{i}", lease)).ToList();
        foreach (var candidate in candidates)
            await candidate.StartAsync();
        using (var cadence = new PeriodicTimer(TimeSpan.FromMilliseconds(5)))
        {
            while (candidates.Any(c => c.Leader is null))
                await cadence.WaitForNextTickAsync();
        }

        Console.WriteLine(Stands);
        while (Console.ReadLine() is { } order)
        {
            if (order == "resign" && candidates.Find(c => c.IsLeader) is { } leader)
                Stamps.ResignAsync(leader.ResignAsync).GetAwaiter().GetResult();
            else if (order == Cpu)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Cpu} {Environment.CpuUsage.TotalTime.TotalMilliseconds}"));
        }

        // Its server may be gone as well: an orderly end would wait for that.
        Environment.Exit(0);
    }

    private static Candidate NewCandidate(IElectionStore store, string node, TimeSpan lease)
    {
        var options = new ElectionOptions { NodeId = node, LeaseDuration = lease };
        options.Callbacks.BecameLeader = static _ => Stamps.SayLeads();
        return new Candidate("crowd", store, options);
    }

    private static async Task<IElectionStore> OpenAsync(string store, string connection) => store switch
    {
        "redis" => new RedisStore(await ConnectionMultiplexer.ConnectAsync(connection), BootClock.Instance),
        "postgres" => new PostgresStore(connection, BootClock.Instance),
        "etcd" => new EtcdStore(EtcdOptions.Parse(connection), BootClock.Instance),
        _ => throw new ArgumentException($"crowd knows no store '{store}'", nameof(store)),
    };

    private static int Whole(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
