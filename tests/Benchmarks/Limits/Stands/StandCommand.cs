using AspireElection.Stores.Etcd;
using AspireElection.Stores.Files;
using AspireElection.Stores.Postgres;
using AspireElection.Stores.Redis;
using AspireElection.Timing;
using StackExchange.Redis;

namespace AspireElection.Benchmarks.Limits.Stands;

/// <summary>
/// <c>stand election|bare|web|polling|voter STORE SEAT NODE</c>: one stand in a process of its own. It takes orders on standard input
/// (<c>stand</c>, <c>resign</c>) and ends with it, so that a benchmark that was killed leaves nobody behind.
/// </summary>
internal static class StandCommand
{
    public const string Word = "stand";

    /// <summary>The connection string: it holds a password, which arguments must not.</summary>
    public const string Connection = "STAND_CONNECTION";

    public const string Ready = "ready";
    public const string Stands = "stands";
    public const string Resigned = "resigned";

    public static async Task RunAsync(string[] arguments)
    {
        if (arguments is not [var kind, var store, var seat, var node])
            throw new ArgumentException("stand takes: election|bare|web|polling|voter STORE SEAT NODE");
        var connection = Environment.GetEnvironmentVariable(Connection)
            ?? throw new ArgumentException($"{Connection} is not set; it holds the connection string of the store");
        await using var stand = await OpenAsync(kind, store, seat, node, connection);
        // A client may have us continue on the thread that reads its answers; what follows blocks its thread.
        await Task.Yield();
        Console.WriteLine(Ready);
        while (Console.ReadLine() is { } order)
        {
            switch (order)
            {
                case "stand":
                    stand.StandAsync().GetAwaiter().GetResult();
                    Console.WriteLine(Stands);
                    break;
                case "resign":
                    stand.ResignAsync().GetAwaiter().GetResult();
                    Console.WriteLine(Resigned);
                    break;
            }
        }

        // Its server may be gone as well: an orderly end would wait for that.
        Environment.Exit(0);
    }

    private static async Task<IStand> OpenAsync(string kind, string store, string seat, string node, string connection)
    {
        return (kind, store) switch
        {
            ("web", "postgres") => await BareInWebProcess.OpenAsync(await BarePostgres.OpenAsync(connection, seat)),
            ("polling", "redis") => await PollingRedis.OpenAsync(connection, seat),
            ("bare", "redis") => await BareRedis.OpenAsync(connection, seat),
            ("bare", "postgres") => await BarePostgres.OpenAsync(connection, seat),
            ("bare", "etcd") => await BareEtcd.OpenAsync(connection, seat),
            ("election", "redis") => new CandidateStand(new RedisStore(await ConnectionMultiplexer.ConnectAsync(connection), BootClock.Instance), seat, node),
            ("election", "postgres") => new CandidateStand(new PostgresStore(connection, BootClock.Instance), seat, node),
            ("election", "etcd") => new CandidateStand(new EtcdStore(EtcdOptions.Parse(connection), BootClock.Instance), seat, node),
            ("election", "quorum") => new CandidateStand(await VotingPeer.OpenAsync(node, connection), seat, node),
            ("voter", "quorum") => new Voter(await VotingPeer.OpenAsync(node, connection), seat),
            ("election", "file") => new CandidateStand(new FileStore(connection, BootClock.Instance), seat, node),
            _ => throw new ArgumentException($"stand knows no {kind} {store}"),
        };
    }
}
