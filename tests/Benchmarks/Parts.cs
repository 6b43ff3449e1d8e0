using AspireElection.Benchmarks.Crowds;
using AspireElection.Benchmarks.InProcess;
using AspireElection.Benchmarks.Limits;
using AspireElection.Benchmarks.Limits.Stands;
using AspireElection.Benchmarks.Peers;
using AspireElection.Benchmarks.Rounds;
using AspireElection.Benchmarks.Server;

namespace AspireElection.Benchmarks;

/// <summary>All that can be measured, in the order in which it is.</summary>
internal static class Parts
{
    public static IReadOnlyList<IPart> All { get; } =
    [
        new InProcessCosts(),
        HandOverLimit.Redis,
        HandOverLimit.Postgres,
        HandOverLimit.Etcd,
        new PostgresKillLimit(),
        new EtcdctlLimit(),
        new LocalHandOvers(),
        new RedisElectors(),
        new PgBoss(),
        new ServerLoad(),
        new OneElection(),
        new ManyElections(),
        HandOvers.OnResign,
        HandOvers.OnKill,
        HandOvers.OnTerminate,
        new LongLeases(),
        new ShortLeases(),
        new AppHostStart(),
    ];

    /// <summary>What this program does as a child of itself, by its first argument; the rest is passed on.</summary>
    public static IReadOnlyDictionary<string, Func<string[], Task>> Children { get; } = new Dictionary<string, Func<string[], Task>>
    {
        [StandCommand.Word] = StandCommand.RunAsync,
        [CrowdCommand.Word] = CrowdCommand.RunAsync,
        [Holding.Word] = Holding.RunAsync,
    };
}
