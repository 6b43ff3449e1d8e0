using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Microsoft.Extensions.Hosting;

/// <summary>Stands in for the package Aspire.StackExchange.Redis.</summary>
public static class AspireRedisExtensions
{
    /// <summary>Registers one connection to the Redis server of the connection string <paramref name="connectionName"/>, made at first use.</summary>
    public static void AddRedisClient(this IHostApplicationBuilder builder, string connectionName)
    {
        builder.Services.AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect(
            builder.Configuration.GetConnectionString(connectionName)
            ?? throw new InvalidOperationException($"ConnectionStrings:{connectionName} is missing.")));
    }
}
