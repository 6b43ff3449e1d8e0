using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Benchmarks;

/// <summary>The servers of a run: each is started when it is first asked for, and all parts use the same.</summary>
internal sealed class Servers : IAsyncDisposable
{
    private readonly List<RealServer> _started = [];
    private RedisServer? _redis;
    private PostgresServer? _postgres;
    private EtcdServer? _etcd;

    public async Task<RedisServer> RedisAsync() => _redis ??= await StartedAsync(new RedisServer());

    /// <summary>With room for 300 clients.</summary>
    public async Task<PostgresServer> PostgresAsync() => _postgres ??= await StartedAsync(new PostgresServer());

    /// <summary>With its usual times: no lease below two seconds.</summary>
    public async Task<EtcdServer> EtcdAsync() => _etcd ??= await StartedAsync(EtcdServer.WithUsualTimes());

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _started)
            await server.DisposeAsync();
    }

    private async Task<T> StartedAsync<T>(T server)
        where T : RealServer
    {
        _started.Add(server);
        await server.StartAsync();
        return server;
    }
}
