using StackExchange.Redis;

namespace AspireElection.Benchmarks.Limits.Stands;

/// <summary>
/// The least that an election through Redis can do on its client library: who resigns deletes the key and publishes, who
/// waits hears it and takes the key with <c>SET NX PX</c>. Nothing guards it against anything.
/// </summary>
internal sealed class BareRedis : IStand
{
    /// <summary>Nobody renews, so it outlasts a round by far.</summary>
    private static readonly TimeSpan s_lease = TimeSpan.FromMinutes(5);

    private readonly ConnectionMultiplexer _connection;
    private readonly IDatabase _database;
    private readonly ISubscriber _subscriber;
    private readonly string _key;
    private readonly RedisChannel _channel;

    private BareRedis(ConnectionMultiplexer connection, string key) =>
        (_connection, _database, _subscriber, _key, _channel) = (
            connection, connection.GetDatabase(), connection.GetSubscriber(), key, new RedisChannel(key, RedisChannel.PatternMode.Literal));

    public static async Task<IStand> OpenAsync(string connection, string seat)
    {
        var stand = new BareRedis(await ConnectionMultiplexer.ConnectAsync(connection), "bare:" + seat);
        // Both open before one of them stands: what is there was left by an earlier measurement, which killed its holder.
        await stand._database.KeyDeleteAsync(stand._key);
        return stand;
    }

    public async Task StandAsync()
    {
        await _subscriber.SubscribeAsync(_channel, (_, _) => _ = TakeAsync());
        await TakeAsync();
    }

    public Task ResignAsync() => Stamps.ResignAsync(() =>
    {
        // In one go over one connection: the server does them in this order.
        var deleted = _database.KeyDeleteAsync(_key);
        return Task.WhenAll(deleted, _database.PublishAsync(_channel, "free"));
    });

    public async ValueTask DisposeAsync() => await _connection.CloseAsync();

    private async Task TakeAsync()
    {
        if (!await _database.StringSetAsync(_key, "held", s_lease, When.NotExists))
            return;
        Stamps.SayLeads();
        // Its own message would reach it before the other's.
        await _subscriber.UnsubscribeAsync(_channel);
    }
}
