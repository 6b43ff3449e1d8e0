using AspireElection.Benchmarks.Limits;
using AspireElection.Benchmarks.Peers;
using AspireElection.Benchmarks.Report;

namespace AspireElection.Benchmarks.Rounds;

/// <summary>The figures of a series: how they are called, what is asked of them, and beside what they stand.</summary>
internal static class RoundFigures
{
    /// <summary>Beyond the lease: what a store that looks in periods may be late, and a process that has to be woken.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(100);

    /// <summary>etcd looks twice a second for leases that are over.</summary>
    private static readonly TimeSpan EtcdLate = TimeSpan.FromMilliseconds(600);

    public static IEnumerable<Figure> Of(Series series, Tally tally) => series.Ending switch
    {
        Ending.Resign => [Handed(series, "resign", tally)],
        Ending.Terminate => [Handed(series, "SIGTERM", tally)],
        Ending.Kill => [Killed(series, tally)],
        _ => CutOff(series, tally),
    };

    private static Figure Handed(Series series, string how, Tally tally) => Made(series, $"{how} to next leader", tally.Next, tally) with
    {
        Peer = series.Store switch
        {
            "redis" => "Redis: bare SET NX + pub/sub, hand-over",
            "postgres" => "PostgreSQL: bare advisory lock, hand-over",
            "etcd" => "etcd: bare key + watch, hand-over",
            _ => null,
        },
        Beside = series is { Store: "etcd", Ending: Ending.Terminate } ? ["etcd: etcdctl elect, SIGINT to next"] : [],
    };

    private static Figure Killed(Series series, Tally tally)
    {
        var figure = Made(series, "SIGKILL to next leader", tally.Next, tally);
        return series.Store switch
        {
            "postgres" => PostgresKillLimit.OfWorkers(figure),
            // What others were measured with.
            "redis" when series.Lease == Series.Middle => figure with { Limit = LeaseBound(series), Beside = [RedisElectors.PollingKilled, RedisElectors.RedlockKilled] },
            _ => figure with { Limit = LeaseBound(series) },
        };
    }

    private static Figure[] CutOff(Series series, Tally tally) =>
    [
        Made(series, "cut off to the old leader's stop", tally.Stopped, tally) with { Limit = series.Lease.TotalMilliseconds },
        Made(series, "cut off to the next leader", tally.Next, tally) with { Limit = LeaseBound(series) },
        Made(series, "cut off, from the old leader's stop to the next", tally.Gaps, tally) with { Floor = 0 },
    ];

    private static Figure Made(Series series, string what, IReadOnlyList<double> values, Tally tally) =>
        new($"{series.Title}: {what}, {series.LeaseText}", "ms", values) { Failed = tally.Failed };

    private static double LeaseBound(Series series) => (series.Lease + (series.Store == "etcd" ? EtcdLate : Late)).TotalMilliseconds;
}
