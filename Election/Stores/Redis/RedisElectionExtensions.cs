using AspireElection.Stores.Redis;
using AspireElection.Timing;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace AspireElection.Hosting;

/// <summary>Lets an election live in Redis.</summary>
public static class RedisElectionExtensions
{
    /// <summary>Elects through Redis.</summary>
    /// <param name="election">The election.</param>
    /// <param name="connection">An existing client; default: the host's <see cref="IConnectionMultiplexer"/>. It stays the caller's.</param>
    /// <param name="confirmByReplicas">
    /// How many replicas must have a term and each renewal of it: all that could be promoted. Default 0: none are
    /// asked. See <see cref="RedisStore(IConnectionMultiplexer, TimeProvider, int)"/>.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="confirmByReplicas"/> is below 0.</exception>
    public static ElectionBuilder UseRedis(
        this ElectionBuilder election, IConnectionMultiplexer? connection = null, int confirmByReplicas = 0)
    {
        ArgumentNullException.ThrowIfNull(election);
        // Here, where it is written, and not when the store is made.
        ArgumentOutOfRangeException.ThrowIfNegative(confirmByReplicas);
        return election.UseStore(services =>
            new RedisStore(connection ?? services.GetRequiredService<IConnectionMultiplexer>(), BootClock.Instance, confirmByReplicas));
    }
}
