using System.Globalization;
using AspireElection.Benchmarks.InProcess;
using AspireElection.Benchmarks.Limits;
using AspireElection.Benchmarks.Report;
using AspireElection.Benchmarks.Rounds;
using AspireElection.Stores.Tests.Servers;

// dotnet run -c Release --project tests/Benchmarks [-- ROUNDS [PART ...]]: 50 rounds and all parts (is-leader, fan-out, redis,
// postgres, etcd, apphost) when not said. Prints one table, in Markdown.
if (args is [BareAdvisoryLock.HoldFlag])
{
    await BareAdvisoryLock.HoldAsync(Environment.GetEnvironmentVariable("LOCK_DATABASE")!);
    return;
}

var rounds = args is [var first, ..] ? int.Parse(first, CultureInfo.InvariantCulture) : 50;
var parts = args.Length > 1 ? args[1..] : ["is-leader", "fan-out", "redis", "postgres", "etcd", "apphost"];
var lease = TimeSpan.FromSeconds(2);
var figures = new List<Figure>();

if (parts.Contains("is-leader"))
    figures.AddRange(await IsLeaderCost.MeasureAsync(20));

if (parts.Contains("fan-out"))
    figures.AddRange(await FanOutCost.MeasureAsync(100));

if (parts.Contains("redis"))
{
    await using var redis = new RedisServer();
    await redis.StartAsync();
    var on = new FailoverRounds("redis", new Dictionary<string, string> { ["ConnectionStrings__redis"] = redis.ConnectionString }, lease);
    figures.Add(new Figure("Redis: resign to next leader", "ms", await on.ResignAsync(rounds)));
    figures.Add(new Figure("Redis: SIGKILL to next leader (2 s lease)", "ms", await on.KillAsync(rounds)));
}

if (parts.Contains("postgres"))
{
    await using var postgres = new PostgresServer();
    await postgres.StartAsync();
    var on = new FailoverRounds("postgres", new Dictionary<string, string> { ["ConnectionStrings__postgres"] = postgres.ConnectionString }, lease);
    figures.Add(new Figure("bare advisory lock: SIGKILL to grant", "ms", await BareAdvisoryLock.MeasureAsync(postgres.ConnectionString, rounds)));
    figures.Add(new Figure("PostgreSQL: resign to next leader", "ms", await on.ResignAsync(rounds)));
    figures.Add(new Figure("PostgreSQL: SIGKILL to next leader", "ms", await on.KillAsync(rounds)));
}

if (parts.Contains("etcd"))
{
    await using var etcd = new EtcdServer();
    await etcd.StartAsync();
    var on = new FailoverRounds("etcd", new Dictionary<string, string> { ["ConnectionStrings__etcd"] = etcd.ConnectionString }, lease);
    figures.Add(new Figure("etcd: resign to next leader", "ms", await on.ResignAsync(rounds)));
    figures.Add(new Figure("etcd: SIGKILL to next leader (2 s lease)", "ms", await on.KillAsync(rounds)));
}

if (parts.Contains("apphost"))
    figures.Add(await AppHostStart.MeasureAsync(Math.Min(rounds, 5)));
Console.WriteLine(Sheet.Table(figures));
