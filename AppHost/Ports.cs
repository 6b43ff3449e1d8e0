using AspireElection.AppHost.Servers;

namespace AspireElection.AppHost;

/// <summary>Fixed ports are tried first, then free ones, said in one line.</summary>
internal static class Ports
{
    private static readonly string[] s_dashboardAddresses =
    [
        "ASPNETCORE_URLS", "ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", "ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL",
    ];

    /// <summary>The port of a resource; tests, which run side by side, get a free one at once.</summary>
    public static int FixedOrFreePort(this IDistributedApplicationBuilder builder, string resource, int preferred)
    {
        if (IsRandom(builder)) return LoopbackPort.Free();
        var port = PortClaim.TryTake(preferred, ServerCache.Folder) ? LoopbackPort.PreferredOrFree(preferred) : LoopbackPort.Free();
        if (port != preferred) Console.WriteLine($"Port {preferred} for {resource} is taken: {port} is used");
        return port;
    }

    /// <summary>Aspire takes the dashboard's addresses from the launch profile and ends where there is none or a port is taken.</summary>
    public static void UseFreeDashboardPorts(this IDistributedApplicationBuilder builder)
    {
        if (IsRandom(builder)) return;
        builder.Configuration["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] ??= "true";
        foreach (var name in s_dashboardAddresses)
        {
            if (Uri.TryCreate(builder.Configuration[name], UriKind.Absolute, out var wanted))
            {
                var port = builder.FixedOrFreePort("aspire", wanted.Port);
                if (port == wanted.Port) continue;
                builder.Configuration[name] = $"{wanted.Scheme}://{wanted.Host}:{port}";
            }
            else
            {
                builder.Configuration[name] = $"http://localhost:{LoopbackPort.Free()}";
            }
        }
    }

    /// <summary>Tests run without one.</summary>
    public static bool HasDashboard(this IDistributedApplicationBuilder builder) => !IsRandom(builder);

    private static bool IsRandom(IDistributedApplicationBuilder builder) =>
        string.Equals(builder.Configuration["DcpPublisher:RandomizePorts"], "true", StringComparison.OrdinalIgnoreCase);
}
