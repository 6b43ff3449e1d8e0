using AspireElection.AppHost.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AspireElection.AppHost;

/// <summary>Where the election lives in this run, and the servers that the workers get with it.</summary>
/// <param name="Name">The store's name, as in the workers' <c>--store</c>.</param>
/// <param name="Servers">Redis and PostgreSQL, and etcd where it elects; none with the file store.</param>
/// <param name="Folder">The folder of the file store, else null.</param>
internal sealed record ElectionStore(
    string Name, IReadOnlyList<IResourceBuilder<IResourceWithConnectionString>> Servers, string? Folder)
{
    /// <summary>With the quorum store, which has no servers: the replicas themselves; else null.</summary>
    public QuorumPeers? Quorum { get; init; }
}

/// <summary>Adds the servers: containers where an engine answers, else the machine's own, else none and the file store.</summary>
internal static class ElectionStoreExtensions
{
    public static async Task<ElectionStore> AddStoreAsync(this IDistributedApplicationBuilder builder, TopologyOptions options)
    {
        if (options.Store == "file") return FileStore(builder);
        if (options.Store == "quorum") return new ElectionStore("quorum", [], Folder: null) { Quorum = QuorumPeers.Add(builder, options.Replicas) };
        if (options.Servers == "containers") return await WithContainersAsync(builder, options.Store);

        // The stand-in for Aspire's packages has no containers and says so in Aspire's own setting.
        var containers = builder.Configuration["DcpPublisher:ContainerRuntime"] != "none";
        if (options.Servers == "auto" && containers && await ContainerEngine.FindAsync() is { } engine)
        {
            return AddContainers(builder, options.Store, $"because {engine} answers");
        }

        var reason = options.Servers == "local" ? "because of --servers local"
            : containers ? "because no container engine answers"
            : "because containers need the Aspire packages";
        List<(string Program, int Port, LocalServer? Found)> servers =
            [("redis-server", 6379, LocalServer.Redis(port: 0)), ("postgres", 5432, LocalServer.Postgres(port: 0))];
        if (options.Store == "etcd") servers.Add(("etcd", 2379, LocalServer.Etcd(port: 0)));
        if (servers.TrueForAll(s => s.Found is not null))
        {
            return new ElectionStore(
                options.Store,
                [.. servers.Select(s => AddLocal(builder, s.Found! with { Port = builder.FixedOrFreePort(s.Found!.Kind, s.Port) }, reason))],
                Folder: null);
        }

        var missing = string.Join(" or ", servers.Where(s => s.Found is null).Select(s => s.Program));
        if (options.Servers == "local")
        {
            throw new DistributedApplicationException($"--servers local: this machine has no {missing}; ./run sets them up");
        }

        Console.WriteLine($"{options.Store}: not started, {reason} and this machine has no {missing} (./run sets them up): the file store is used");
        return FileStore(builder);
    }

    public static IResourceBuilder<ProjectResource> WithStore(this IResourceBuilder<ProjectResource> project, ElectionStore store)
    {
        project.WithEnvironment("ELECTION_STORE", store.Name);
        if (store.Folder is not null) project.WithEnvironment("LOCK_DIR", store.Folder);
        store.Quorum?.Tell(project);
        foreach (var server in store.Servers)
        {
            project.WithReference(server).WaitFor(server);
        }

        return project;
    }

    private static ElectionStore FileStore(IDistributedApplicationBuilder builder)
    {
        // A folder of this AppHost's own: the nodes of two topologies must not elect one leader among all of them.
        var folder = Path.Combine(Path.GetTempPath(), $"aspire-election-locks-{Environment.ProcessId}-{Path.GetRandomFileName()}");
        builder.Services.AddHostedService(_ => new TemporaryFolder(folder));
        Console.WriteLine($"The file store keeps its leases in {folder}");
        return new ElectionStore("file", [], folder);
    }

    private static async Task<ElectionStore> WithContainersAsync(IDistributedApplicationBuilder builder, string store)
    {
        var added = AddContainers(builder, store, "because of --servers containers");
        return await ContainerEngine.FindAsync() is not null
            ? added
            : throw new DistributedApplicationException("--servers containers: no container engine answers `docker info` or `podman info` within 3 s");
    }

    private static ElectionStore AddContainers(IDistributedApplicationBuilder builder, string store, string reason)
    {
        List<IResourceBuilder<IResourceWithConnectionString>> servers = [builder.AddRedis("redis"), builder.AddPostgres("postgres")];
        if (store == "etcd") servers.Add(builder.AddEtcdContainer());
        foreach (var server in servers)
        {
            Console.WriteLine($"{server.Resource.Name}: a container, {reason}");
        }

        return new ElectionStore(store, servers, Folder: null);
    }

    private static IResourceBuilder<LocalServerResource> AddLocal(IDistributedApplicationBuilder builder, LocalServer server, string reason)
    {
        var password = builder.AddParameter($"{server.Kind}-password", server.Password, secret: true);
        var check = $"{server.Kind}_check";
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            check, _ => new ServerHealthCheck(server), failureStatus: null, tags: null, timeout: TimeSpan.FromSeconds(3)));
        Console.WriteLine($"{server.Kind}: {server.Executable.Path} on 127.0.0.1:{server.Port}, {reason}");
        return builder.AddResource(new LocalServerResource(server, password.Resource))
            .WithEndpoint(port: server.Port, scheme: "tcp", name: LocalServerResource.Endpoint, isProxied: false)
            .WithArgs(server.Arguments)
            .WithEnvironment(context =>
            {
                foreach (var (name, value) in server.Variables)
                {
                    context.EnvironmentVariables[name] = name == "SERVER_PASSWORD" ? password.Resource : value;
                }
            })
            .WithHealthCheck(check);
    }
}
