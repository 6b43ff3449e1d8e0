using AspireElection.Benchmarks.Limits.Stands;

namespace AspireElection.Benchmarks.Limits;

/// <summary>What a hand-over through a server takes beside the least that its client library can do.</summary>
/// <param name="store">The store.</param>
/// <param name="title">Its name for people.</param>
/// <param name="bare">What the limit does.</param>
/// <param name="connect">Its connection string; starts it where it does not run.</param>
internal sealed class HandOverLimit(string store, string title, string bare, Func<Servers, Task<string>> connect) : IPart
{
    public static HandOverLimit Redis { get; } =
        new("redis", "Redis", "bare SET NX + pub/sub", async servers => (await servers.RedisAsync()).ConnectionString);

    public static HandOverLimit Postgres { get; } =
        new("postgres", "PostgreSQL", "bare advisory lock", async servers => (await servers.PostgresAsync()).ConnectionString);

    public static HandOverLimit Etcd { get; } =
        new("etcd", "etcd", "bare key + watch", async servers => (await servers.EtcdAsync()).ConnectionString);

    public string Name => $"{store}-limit";

    public bool IsQuick => true;

    public TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(4 + run.Rounds * 0.25);

    public async Task MeasureAsync(Run run)
    {
        var connection = await connect(run.Servers);
        await using var own = new Relay(StandProgram.Of("election", store, connection));
        await using var limit = new Relay(StandProgram.Of("bare", store, connection));
        await Interleaved.ByTurnsAsync(run, run.Rounds, own, limit);
        var peer = $"{title}: {bare}, hand-over";
        run.Add(limit.ToFigure(peer));
        run.Add(own.ToFigure($"{title}: hand-over of two candidates") with { Peer = peer, RatioLimit = 2 });
    }
}
