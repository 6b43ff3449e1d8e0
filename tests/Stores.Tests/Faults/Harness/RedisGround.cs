using AspireElection.FaultNodes.Registers;
using AspireElection.Stores.Redis;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;
using StackExchange.Redis;

namespace AspireElection.Faults.Harness;

/// <summary>A Redis of its own.</summary>
internal sealed class RedisGround : Ground
{
    private const string SeatKey = $"election:{{{Election}}}:seat";

    private readonly RedisServer _server = new();
    private ConnectionMultiplexer? _client;

    public override string Store => "redis";

    public override RealServer Server => _server;

    public IDatabase Admin => _client!.GetDatabase();

    public override string Flags => string.Empty;

    public override async Task StartAsync()
    {
        await _server.StartAsync();
        _client = await ConnectionMultiplexer.ConnectAsync(_server.ConnectionString + ",abortConnect=false,allowAdmin=true,syncTimeout=2000");
    }

    public override IEnumerable<string> Variables(int port) =>
    [
        $"ConnectionStrings__redis=127.0.0.1:{port},password={_server.Password}",
        $"{FaultNodes.Variables.Register}=redis:{_server.ConnectionString}",
    ];

    public override async Task<IReadOnlyList<long>> ReadRegisterAsync()
    {
        var token = await Admin.StringGetAsync(RedisRegister.KeyOf(Election)).WaitAsync(TimeSpan.FromSeconds(1));
        return token.IsNull ? [] : [(long)token];
    }

    public override bool IsAway(Exception exception) =>
        exception is RedisException or TimeoutException or OperationCanceledException or ObjectDisposedException;

    public override Task<IElectionStore> OpenStoreAsync() =>
        Task.FromResult<IElectionStore>(new RedisStore(_client!, BootClock.Instance));

    /// <summary>Waits for the last moments of a seat that nobody renews any more.</summary>
    public async Task UntilSeatEndsSoonAsync(TimeSpan limit)
    {
        for (var end = RunClock.Now + limit; await Admin.KeyTimeToLiveAsync(SeatKey) is { TotalMilliseconds: > 40 }; await Task.Delay(2))
        {
            if (RunClock.Now > end)
                throw new TimeoutException("somebody still renews the seat");
        }
    }

    /// <summary>Waits until the server's own record says that a node has the seat; false when it does not come to that.</summary>
    public async Task<bool> GetsSeatAsync(string nodeId, TimeSpan limit)
    {
        for (var end = RunClock.Now + limit; RunClock.Now < end; await Task.Delay(2))
        {
            string? seat = await Admin.StringGetAsync(SeatKey);
            if (seat is not null && !seat.StartsWith("reserved", StringComparison.Ordinal) && seat.Contains($":{nodeId}#", StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    public override async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await _server.DisposeAsync();
    }
}
