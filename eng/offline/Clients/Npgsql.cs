using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Microsoft.Extensions.Hosting;

/// <summary>Stands in for the package Aspire.Npgsql.</summary>
public static class AspirePostgreSqlNpgsqlExtensions
{
    /// <summary>Registers a data source for the connection string <paramref name="connectionName"/>.</summary>
    public static void AddNpgsqlDataSource(this IHostApplicationBuilder builder, string connectionName)
    {
        builder.Services.AddSingleton(services =>
        {
            var source = new NpgsqlDataSourceBuilder(builder.Configuration.GetConnectionString(connectionName)
                ?? throw new InvalidOperationException($"ConnectionStrings:{connectionName} is missing."));
            source.UseLoggerFactory(services.GetService<ILoggerFactory>());
            return source.Build();
        });
    }
}
