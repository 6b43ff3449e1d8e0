namespace AspireElection.AppHost;

/// <summary>Settings of the projects that are no part of the picture in AppHost.cs.</summary>
internal static class WorkerSettings
{
    private const string AdminToken = "ELECTION_ADMIN_TOKEN";

    /// <summary>The drills of the workers are open to whoever has the token; without one they do not exist.</summary>
    public static IResourceBuilder<ProjectResource> WithAdminToken(this IResourceBuilder<ProjectResource> project)
    {
        var builder = project.ApplicationBuilder;
        return builder.Configuration[AdminToken] is { Length: > 0 } token
            ? project.WithEnvironment(AdminToken, builder.AddParameter("admin-token", token, secret: true))
            : project;
    }

    /// <summary>
    /// Aspire lets telemetry retry in memory: with a dead endpoint a process then takes 15 s to exit and is killed.
    /// The orderly resign of a worker must not wait for that.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithoutTelemetryRetry(this IResourceBuilder<ProjectResource> project) =>
        project.WithEnvironment(context => context.EnvironmentVariables.Remove("OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"));
}
