namespace AspireElection.AppHost;

/// <summary>Settings of the projects that are no part of the picture in AppHost.cs.</summary>
internal static class WorkerSettings
{
    /// <summary>
    /// Telemetry without retries, but not before the dashboard listens. Aspire lets it retry in memory: with a dead
    /// endpoint a process then takes 15 s to exit and is killed, and the orderly resign of a worker must not wait for
    /// that. Without retries the first records, which say who leads, would be lost while the dashboard starts. The
    /// wait counts where the dashboard listens itself, as the stand-in's does; Aspire's is behind the control plane's
    /// proxy, which listens from the start and holds what is sent until the dashboard takes it.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithPromptTelemetry(this IResourceBuilder<ProjectResource> project)
    {
        var builder = project.ApplicationBuilder;
        project.WithEnvironment(context => context.EnvironmentVariables.Remove("OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"));
        return builder.HasDashboard()
            && Uri.TryCreate(builder.Configuration["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"], UriKind.Absolute, out var endpoint)
            ? project.OnBeforeResourceStarted((_, _, cancellation) => Listening.WaitAsync(endpoint, cancellation))
            : project;
    }
}
