using System.Diagnostics;
using System.Text.Json;
using AspireElection.Stores.Tests.Servers;
using StackExchange.Redis;

namespace AspireElection.Workers;

/// <summary>Real workers on real servers: their jobs, and servers that are away, wrong or frozen.</summary>
public sealed class WorkerOnServersTests : IClassFixture<PostgresServer>, IClassFixture<RedisServer>
{
    private readonly PostgresServer _postgres;
    private readonly RedisServer _redis;

    public WorkerOnServersTests(PostgresServer postgres, RedisServer redis)
    {
        _postgres = postgres;
        _redis = redis;
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("postgres")]
    public async Task Jobs_run_on_the_leader_and_go_on_under_the_next_one(string store)
    {
        var flags = $"--store {store} --lock-name jobs-{store} --lease-duration 2s";
        await using var first = await StartAsync($"{flags} --node-id n1");
        await first.LeadsAsync();
        await UntilJobAsync(first, "cache-warming", j => j.GetProperty("runs").GetInt64() > 0);
        var term = (await first.JsonAsync("/election"))[0].GetProperty("term").GetInt64();
        Assert.Equal("done", (await JobAsync(first, "migrations")).GetProperty("state").GetString());
        var applied = await _postgres.QueryAsync("SELECT string_agg(file || ' ' || applied, ',' ORDER BY file) FROM applied_migrations");
        Assert.Equal(4L, await _postgres.QueryAsync("SELECT count(*) FROM products"));
        using (var redis = await ConnectionMultiplexer.ConnectAsync(_redis.ConnectionString))
        {
            string? cached = await redis.GetDatabase().StringGetAsync($"election:{{jobs-{store}}}:product:1");
            using var product = JsonDocument.Parse(cached!);
            Assert.Equal("Ballot box", product.RootElement.GetProperty("name").GetString());
            Assert.Equal(term, product.RootElement.GetProperty("term").GetInt64());
        }

        await using var second = await StartAsync($"{flags} --node-id n2");
        await WorkerInProcess.UntilAsync(async () => (await second.JsonAsync("/election"))[0].GetProperty("members").GetArrayLength() == 2, "two members");
        await first.StopAsync();
        await second.LeadsAsync();
        await UntilJobAsync(second, "stale-members", j => j.GetProperty("lastNode").GetString() == "n2");
        Assert.Equal(applied, await _postgres.QueryAsync("SELECT string_agg(file || ' ' || applied, ',' ORDER BY file) FROM applied_migrations"));
        var migrations = await JobAsync(second, "migrations");
        Assert.Equal(1, migrations.GetProperty("runs").GetInt64());
        Assert.Equal("n1", migrations.GetProperty("lastNode").GetString());
        Assert.Equal(JsonValueKind.Null, migrations.GetProperty("lastError").ValueKind);
    }

    [Fact]
    public async Task Without_a_redis_cache_warming_says_so_and_migrations_run()
    {
        await using var worker = await WorkerInProcess.StartAsync(
            "--store memory --node-id n1 --lock-name no-redis", $"ConnectionStrings__postgres={_postgres.ConnectionString}");
        await UntilJobAsync(worker, "cache-warming", j => j.GetProperty("state").GetString() == "skipped: no database");
        await UntilJobAsync(worker, "migrations", j => j.GetProperty("state").GetString() == "done");
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("postgres")]
    public async Task A_server_that_is_away_at_the_start_is_waited_for(string store)
    {
        await using RealServer server = store == "redis" ? new RedisServer() : new PostgresServer();
        var stopwatch = Stopwatch.StartNew();
        await using var worker = await WorkerInProcess.StartAsync(
            $"--node-id n1 --lease-duration 1s --lock-name away", $"ConnectionStrings__{store}={server.ConnectionString}");
        Assert.Equal("I am a follower and there is no leader", (await worker.GetAsync("/")).Text);
        Assert.True(stopwatch.Elapsed < TimeSpan.FromSeconds(3), $"HTTP was there after {stopwatch.Elapsed}.");
        await WorkerInProcess.UntilAsync(async () => (await worker.GetAsync("/health")).Status == 503, "the outage lasts a lease");
        var (_, why) = await worker.GetAsync("/health");
        Assert.StartsWith($"Unhealthy; the store {store} was not reached for ", why, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Password, why, StringComparison.Ordinal);
        Assert.Equal(503, (await worker.GetAsync("/jobs")).Status);
        Assert.Equal(200, (await worker.GetAsync("/alive")).Status);

        await server.StartAsync();
        await worker.LeadsAsync();
        Assert.Equal((200, "Healthy\n"), await worker.GetAsync("/health"));
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("postgres")]
    public async Task A_frozen_server_does_not_keep_a_leader_that_is_told_to_stop(string store)
    {
        await using RealServer server = store == "redis" ? new RedisServer() : new PostgresServer();
        await server.StartAsync();
        await using var worker = new WorkerProcess(
            "--node-id n1 --lease-duration 30s", $"ConnectionStrings__{store}={server.ConnectionString}");
        await WorkerInProcess.UntilAsync(() => Task.FromResult(worker.BecameLeader), "it leads");
        server.Freeze();
        var stopwatch = Stopwatch.StartNew();
        worker.Stop();
        Assert.Equal(0, await worker.EndAsync());
        Assert.True(stopwatch.Elapsed < TimeSpan.FromSeconds(6), $"It took {stopwatch.Elapsed}.");
        Assert.Contains(worker.Output, l => l.EndsWith("reason=stopped", StringComparison.Ordinal));
        Assert.DoesNotContain(worker.Errors.Concat(worker.Output), l => l.Contains(server.Password, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--lease-duration 1s", "", "--lease-duration is '1s'")]
    [InlineData("", "LEASE_DURATION=800ms", "LEASE_DURATION is '800ms'")]
    public async Task A_lease_that_the_server_does_not_grant_is_a_wrong_value(string flags, string variable, string says)
    {
        await using var etcd = EtcdServer.WithUsualTimes();
        string[] variables = [$"ConnectionStrings__etcd={etcd.ConnectionString}", .. new[] { variable }.Where(v => v.Length > 0)];
        // Before its server: it waits for that as any other, and is told then.
        await using var worker = new WorkerProcess($"--node-id n1 {flags}", variables);
        await WorkerInProcess.UntilAsync(() => Task.FromResult(worker.Address is not null), "it listens");
        await etcd.StartAsync();
        Assert.Equal(2, await worker.EndAsync());
        Assert.Contains(worker.Errors, l =>
            l.StartsWith($"{says}: etcd 127.0.0.1:{etcd.Port} grants no lease below 2 s", StringComparison.Ordinal) &&
            l.EndsWith("raise that to at least 2 s, or lower its --election-timeout", StringComparison.Ordinal));
    }

    private Task<WorkerInProcess> StartAsync(string flags) => WorkerInProcess.StartAsync(
        flags, $"ConnectionStrings__redis={_redis.ConnectionString}", $"ConnectionStrings__postgres={_postgres.ConnectionString}");

    private static async Task<JsonElement> JobAsync(WorkerInProcess worker, string job) =>
        (await worker.JsonAsync("/jobs")).EnumerateArray().Single(j => j.GetProperty("job").GetString() == job);

    private static Task UntilJobAsync(WorkerInProcess worker, string job, Func<JsonElement, bool> holds) => WorkerInProcess.UntilAsync(
        async () => (await worker.GetAsync("/jobs")).Status == 200 && holds(await JobAsync(worker, job)), $"the state of {job}");
}
