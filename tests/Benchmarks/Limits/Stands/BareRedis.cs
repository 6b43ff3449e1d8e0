using StackExchange.Redis;

namespace AspireElection.Benchmarks.Limits.Stands;

/// <summary>
/// The least that an election through Redis can do on its client library: who resigns deletes the key and publishes, who
/// waits hears it and takes the key with <c>SET NX PX</c>. Nothing guards it against anything.
/// </summary>
internal sealed class BareRedis : IStand
{
    private const string Key = "bare";

    /// <summary>Nobody renews, so it outlasts a round by far.</summary>
    private static readonly TimeSpan s_lease = TimeSpan.FromMinutes(5);

    private static readonly RedisChannel s_channel = new("bare", RedisChannel.PatternMode.Literal);

    private readonly ConnectionMultiplexer _connection;
    private readonly IDatabase _database;
    private readonly ISubscriber _subscriber;

    private BareRedis(ConnectionMultiplexer connection) =>
        (_connection, _database, _subscriber) = (connection, connection.GetDatabase(), connection.GetSubscriber());

    public static async Task<IStand> OpenAsync(string connection) => new BareRedis(await ConnectionMultiplexer.ConnectAsync(connection));

    public async Task StandAsync()
    {
        await _subscriber.SubscribeAsync(s_channel, (_, _) => _ = TakeAsync());
        await TakeAsync();
    }

    public Task ResignAsync() => Stamps.ResignAsync(() =>
    {
        // In one go over one connection: the server does them in this order.
        var deleted = _database.KeyDeleteAsync(Key);
        return Task.WhenAll(deleted, _database.PublishAsync(s_channel, "free"));
    });

    public async ValueTask DisposeAsync() => await _connection.CloseAsync();

    private async Task TakeAsync()
    {
        if (!await _database.StringSetAsync(Key, "held", s_lease, When.NotExists))
            return;
        Stamps.SayLeads();
        // Its own message would reach it before the other's.
        await _subscriber.UnsubscribeAsync(s_channel);
    }
}
