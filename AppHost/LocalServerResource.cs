using AspireElection.AppHost.Servers;

namespace AspireElection.AppHost;

/// <summary>A server of this machine, run as a process of the topology in place of a container.</summary>
internal sealed class LocalServerResource(LocalServer server, ParameterResource password)
    : ExecutableResource(server.Kind, LocalServer.Command, LocalServer.WorkingFolder), IResourceWithConnectionString
{
    public const string Endpoint = "tcp";

    public ReferenceExpression ConnectionStringExpression
    {
        get
        {
            var port = this.GetEndpoint(Endpoint).Property(EndpointProperty.Port);
            if (server.Kind == "etcd") return ReferenceExpression.Create($"http://127.0.0.1:{port}");
            return server.Kind == "redis"
                ? ReferenceExpression.Create($"127.0.0.1:{port},password={password}")
                : ReferenceExpression.Create($"Host=127.0.0.1;Port={port};Username=postgres;Password={password};Database=postgres");
        }
    }
}
