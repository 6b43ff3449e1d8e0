using System.Diagnostics;
using System.Net.Sockets;

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
    /// Telemetry without retries, but not before the dashboard listens. Aspire lets it retry in memory: with a dead
    /// endpoint a process then takes 15 s to exit and is killed, and the orderly resign of a worker must not wait for
    /// that. Without retries the first records, which say who leads, would be lost while the dashboard starts.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithPromptTelemetry(this IResourceBuilder<ProjectResource> project)
    {
        var builder = project.ApplicationBuilder;
        project.WithEnvironment(context => context.EnvironmentVariables.Remove("OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"));
        return builder.HasDashboard()
            && Uri.TryCreate(builder.Configuration["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"], UriKind.Absolute, out var endpoint)
            ? project.OnBeforeResourceStarted((_, _, cancellation) => WaitUntilListeningAsync(endpoint, cancellation))
            : project;
    }

    /// <summary>Bounded: the topology matters more than its telemetry.</summary>
    private static async Task WaitUntilListeningAsync(Uri endpoint, CancellationToken cancellation)
    {
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(10);)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(endpoint.Host, endpoint.Port, cancellation);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50, cancellation); // not yet
            }
        }
    }
}
