using System.Text.Json;
using AspireElection.Stores.Tests.Servers;
using StackExchange.Redis;

namespace AspireElection.Benchmarks;

/// <summary>The servers of a run: each is started when it is first asked for, and all parts use the same.</summary>
internal sealed class Servers : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<RealServer> _started = [];
    private Task<RedisServer>? _redis;
    private Task<PostgresServer>? _postgres;
    private Task<EtcdServer>? _etcd;

    public Task<RedisServer> RedisAsync() => Once(ref _redis, () => new RedisServer());

    /// <summary>With room for 300 clients.</summary>
    public Task<PostgresServer> PostgresAsync() => Once(ref _postgres, () => new PostgresServer());

    /// <summary>With its usual times: no lease below two seconds.</summary>
    public Task<EtcdServer> EtcdAsync() => Once(ref _etcd, EtcdServer.WithUsualTimes);

    /// <summary>Of those that were started.</summary>
    public async Task<IReadOnlyDictionary<string, string>> VersionsAsync()
    {
        var versions = new Dictionary<string, string>();
        if (_redis is { IsCompletedSuccessfully: true })
        {
            using var redis = await ConnectionMultiplexer.ConnectAsync((await _redis).ConnectionString);
            versions["Redis"] = redis.GetServer(redis.GetEndPoints()[0]).Version.ToString();
        }

        if (_postgres is { IsCompletedSuccessfully: true })
            versions["PostgreSQL"] = $"{await (await _postgres).QueryAsync("SHOW server_version")}".Split(' ')[0];
        if (_etcd is { IsCompletedSuccessfully: true })
        {
            using var http = new HttpClient();
            using var answer = JsonDocument.Parse(await http.GetStringAsync($"{(await _etcd).ConnectionString}/version"));
            versions["etcd"] = answer.RootElement.GetProperty("etcdserver").GetString()!;
        }

        return versions;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _started)
            await server.DisposeAsync();
    }

    /// <summary>Groups that run side by side ask at one time.</summary>
    private Task<T> Once<T>(ref Task<T>? started, Func<T> make)
        where T : RealServer
    {
        lock (_gate)
            return started ??= StartedAsync(make());
    }

    private async Task<T> StartedAsync<T>(T server)
        where T : RealServer
    {
        _started.Add(server);
        await server.StartAsync();
        return server;
    }
}
