namespace AspireElection.AppHost;

/// <summary>The AppHost ends when its processes have ended.</summary>
internal static class OrderlyEnd
{
    /// <summary>
    /// Aspire leaves that to its control plane otherwise, and ends at once: workers would still resign in a folder that is
    /// being removed, and hold the ports that the next start wants.
    /// </summary>
    public static void EndAfterProcesses(this IDistributedApplicationBuilder builder) =>
        builder.Configuration["DcpPublisher:WaitForResourceCleanup"] ??= "true";
}
