using AspireElection.Conformance;
using AspireElection.Stores.Redis;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;
using StackExchange.Redis;
using Xunit.Abstractions;

namespace AspireElection.Stores.Tests.Redis;

/// <summary>The conformance suite on a server of its own, which it wipes.</summary>
public sealed class RedisConformance(RedisServer server, ITestOutputHelper output)
    : StoreConformance<RedisStore>(output), IClassFixture<RedisServer>
{
    private readonly List<IConnectionMultiplexer> _connections = [];

    protected override Func<Task>? Wipe => WipeAsync;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (var connection in _connections)
            connection.Dispose();
    }

    /// <summary>A connection of its own for each store, as each process has.</summary>
    protected override async Task<RedisStore> CreateStoreAsync() => new(await ConnectAsync(), BootClock.Instance);

    protected override async Task<int> CountWaitingAsync(string election) =>
        (int)await (await AdminAsync()).SortedSetLengthAsync($"election:{{{election}}}:line");

    private async Task WipeAsync() => await (await AdminAsync()).ExecuteAsync("FLUSHALL");

    private async Task<IDatabase> AdminAsync()
    {
        if (_connections.Count == 0)
            await ConnectAsync();
        return _connections[0].GetDatabase();
    }

    private async Task<IConnectionMultiplexer> ConnectAsync()
    {
        var connection = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        _connections.Add(connection);
        return connection;
    }
}
