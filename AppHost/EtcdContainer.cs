namespace AspireElection.AppHost;

/// <summary>An etcd in a container; Aspire has no resource of its own for it.</summary>
internal sealed class EtcdContainer(string name) : ContainerResource(name), IResourceWithConnectionString
{
    public const string Endpoint = "http";

    /// <summary>What the workers' store reads.</summary>
    public ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create($"http://{this.GetEndpoint(Endpoint).Property(EndpointProperty.HostAndPort)}");
}

internal static class EtcdContainerExtensions
{
    private const int ClientPort = 2379;

    public static IResourceBuilder<EtcdContainer> AddEtcdContainer(this IDistributedApplicationBuilder builder) => builder
        .AddResource(new EtcdContainer("etcd"))
        .WithImage("quay.io/coreos/etcd", "v3.5.21")
        .WithHttpEndpoint(targetPort: ClientPort, name: EtcdContainer.Endpoint)
        .WithHttpHealthCheck("/health", endpointName: EtcdContainer.Endpoint)
        // Inside its container it has to listen to more than its own loopback; outside only the port of the endpoint is open.
        .WithArgs(
            "/usr/local/bin/etcd", "--listen-client-urls", $"http://0.0.0.0:{ClientPort}", "--advertise-client-urls", $"http://127.0.0.1:{ClientPort}",
            "--auto-compaction-mode", "periodic", "--auto-compaction-retention", "1h");
}
