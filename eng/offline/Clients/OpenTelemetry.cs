using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace OpenTelemetry
{
    /// <summary>Stands in for the builder of the package OpenTelemetry.Extensions.Hosting.</summary>
    public sealed class OpenTelemetryBuilder : IOpenTelemetryBuilder
    {
        internal OpenTelemetryBuilder(IServiceCollection services) => Services = services;

        public IServiceCollection Services { get; }

        public OpenTelemetryBuilder ConfigureResource(Action<ResourceBuilder> configure)
        {
            OpenTelemetryBuilderSdkExtensions.ConfigureResource(this, configure);
            return this;
        }

        public OpenTelemetryBuilder WithMetrics(Action<MeterProviderBuilder> configure)
        {
            OpenTelemetryBuilderSdkExtensions.WithMetrics(this, configure);
            return this;
        }

        public OpenTelemetryBuilder WithTracing(Action<TracerProviderBuilder> configure)
        {
            OpenTelemetryBuilderSdkExtensions.WithTracing(this, configure);
            return this;
        }

        public OpenTelemetryBuilder WithLogging()
        {
            OpenTelemetryBuilderSdkExtensions.WithLogging(this);
            return this;
        }
    }

    /// <summary>Creates the providers when the host starts: they are built on first use, and nobody else asks for them.</summary>
    internal sealed class TelemetryHostedService(IServiceProvider services) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            services.GetService<MeterProvider>();
            services.GetService<TracerProvider>();
            services.GetService<LoggerProvider>();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

namespace Microsoft.Extensions.DependencyInjection
{
    /// <summary>Stands in for the package OpenTelemetry.Extensions.Hosting.</summary>
    public static class OpenTelemetryServicesExtensions
    {
        public static OpenTelemetry.OpenTelemetryBuilder AddOpenTelemetry(this IServiceCollection services)
        {
            // First, so that what other services measure while they start is not lost.
            if (!services.Any(s => s.ImplementationType == typeof(OpenTelemetry.TelemetryHostedService)))
            {
                services.Insert(0, ServiceDescriptor.Singleton<IHostedService, OpenTelemetry.TelemetryHostedService>());
            }

            return new OpenTelemetry.OpenTelemetryBuilder(services);
        }
    }
}
