using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace AspireElection.ServiceDefaults;

/// <summary>What every service of this application has in common: telemetry and health.</summary>
public static class Extensions
{
    /// <summary>The tag of a health check that tells whether the process is alive, not whether it is of use.</summary>
    public const string LiveTag = "live";

    private static readonly string[] Meters =
    [
        "AspireElection", "Npgsql", "Microsoft.AspNetCore.Hosting", "System.Net.Http", "System.Runtime",
    ];

    private static readonly string[] Sources = ["AspireElection", "Npgsql", "Microsoft.AspNetCore", "System.Net.Http"];

    /// <summary>Adds telemetry and health checks.</summary>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.ConfigureOpenTelemetry();
        builder.Services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), [LiveTag]);
        return builder;
    }

    /// <summary>
    /// Maps <c>/health</c> (200 or 503 by all checks) and <c>/alive</c> (by those tagged <see cref="LiveTag"/>); both
    /// say in one line why, where something is wrong.
    /// </summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        app.MapHealthChecks("/health", new HealthCheckOptions { ResponseWriter = HealthLine.WriteAsync });
        app.MapHealthChecks("/alive", new HealthCheckOptions
        {
            Predicate = check => check.Tags.Contains(LiveTag),
            ResponseWriter = HealthLine.WriteAsync,
        });
        return app;
    }

    private static void ConfigureOpenTelemetry(this IHostApplicationBuilder builder)
    {
        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
        });
        var telemetry = builder.Services.AddOpenTelemetry()
            .WithMetrics(metrics => metrics.AddMeter(Meters))
            .WithTracing(tracing => tracing.AddSource(Sources).AddProcessor(new QuietProbes()));
        if (!string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
            telemetry.UseOtlpExporter();
    }
}
