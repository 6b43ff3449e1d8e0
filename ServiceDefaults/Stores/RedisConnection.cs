using StackExchange.Redis;

namespace AspireElection.ServiceDefaults.Stores;

/// <summary>
/// The Redis client, made at first use and off the caller's thread: making it waits for the server, and a server that
/// is away must hold up neither the start nor HTTP.
/// </summary>
internal sealed class RedisConnection(Func<IConnectionMultiplexer> make)
{
    private readonly Lock _gate = new();
    private Task<IConnectionMultiplexer>? _client;

    /// <summary>The client; a failed attempt is made again by the next caller.</summary>
    public Task<IConnectionMultiplexer> GetAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_client is null or { IsFaulted: true } or { IsCanceled: true })
                _client = Task.Run(make, CancellationToken.None);
            return _client.WaitAsync(cancellationToken);
        }
    }
}
