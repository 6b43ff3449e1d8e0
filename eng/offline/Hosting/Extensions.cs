using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting
{
    public static class ParameterResourceBuilderExtensions
    {
        public static IResourceBuilder<ParameterResource> AddParameter(
            this IDistributedApplicationBuilder builder, string name, string value, bool publishValueAsDefault = false, bool secret = false)
        {
            // Nothing shows, publishes or keeps a parameter here, so a secret needs no other treatment.
            _ = (publishValueAsDefault, secret);
            return builder.AddResource(new ParameterResource(name, value));
        }
    }

    public static class RedisBuilderExtensions
    {
        public static IResourceBuilder<RedisResource> AddRedis(
            this IDistributedApplicationBuilder builder, string name, int? port = null, IResourceBuilder<ParameterResource>? password = null) =>
            throw Offline.Containers.NeedPackages(builder, name, port, password, "Aspire.Hosting.Redis");
    }

    public static class PostgresBuilderExtensions
    {
        public static IResourceBuilder<PostgresServerResource> AddPostgres(
            this IDistributedApplicationBuilder builder,
            string name,
            IResourceBuilder<ParameterResource>? userName = null,
            IResourceBuilder<ParameterResource>? password = null,
            int? port = null) =>
            throw Offline.Containers.NeedPackages(builder, name, port, password ?? userName, "Aspire.Hosting.PostgreSQL");
    }

    public static class ContainerResourceBuilderExtensions
    {
        public static IResourceBuilder<T> WithImage<T>(this IResourceBuilder<T> builder, string image, string? tag = null)
            where T : ContainerResource =>
            throw Offline.Containers.NeedPackages(builder.ApplicationBuilder, image, null, tag, "Aspire.Hosting");
    }

    public static class DistributedApplicationEventingExtensions
    {
        public static IResourceBuilder<T> OnBeforeResourceStarted<T>(
            this IResourceBuilder<T> builder, Func<T, BeforeResourceStartedEvent, CancellationToken, Task> callback)
            where T : IResource => builder.Annotate(new BeforeStartAnnotation(
                cancel => callback(builder.Resource, new BeforeResourceStartedEvent(builder.Resource), cancel)));
    }

    public static class ProjectResourceBuilderExtensions
    {
        public static IResourceBuilder<ProjectResource> AddProject<TProject>(
            this IDistributedApplicationBuilder builder, string name, string? launchProfileName)
            where TProject : IProjectMetadata, new()
        {
            if (launchProfileName is not null)
            {
                throw new DistributedApplicationException("The stand-in runs projects without a launch profile: pass null.");
            }

            var metadata = new TProject();
            var output = ((OfflineBuilder)builder).ProjectOutputs[metadata.ProjectPath];
            return builder.AddResource(new ProjectResource(name)).Annotate(new ProjectAnnotation(metadata, output));
        }

        public static IResourceBuilder<ProjectResource> WithReplicas(this IResourceBuilder<ProjectResource> builder, int replicas) =>
            builder.Annotate(new ReplicaAnnotation(replicas));
    }

    public static class ResourceBuilderExtensions
    {
        public static IResourceBuilder<T> WithEndpoint<T>(
            this IResourceBuilder<T> builder,
            int? port = null,
            int? targetPort = null,
            string? scheme = null,
            string? name = null,
            string? env = null,
            bool? isProxied = null,
            bool? isExternal = null,
            System.Net.Sockets.ProtocolType? protocol = null)
            where T : IResourceWithEndpoints
        {
            if (targetPort is not null && targetPort != port)
            {
                throw new DistributedApplicationException("The stand-in knows a target port only where it is the port itself.");
            }

            _ = (env, isExternal, protocol);
            scheme ??= "tcp";
            return builder.Annotate(new EndpointAnnotation(name ?? scheme, scheme, port, isProxied ?? true));
        }

        public static IResourceBuilder<T> WithHttpEndpoint<T>(
            this IResourceBuilder<T> builder,
            int? port = null,
            int? targetPort = null,
            string? name = null,
            string? env = null,
            bool? isProxied = null)
            where T : IResourceWithEndpoints => builder.WithEndpoint(port, targetPort, "http", name, env, isProxied);

        public static EndpointReference GetEndpoint<T>(this IResourceBuilder<T> builder, string name)
            where T : IResourceWithEndpoints => new(builder.Resource, name);

        public static IResourceBuilder<T> WithArgs<T>(
            this IResourceBuilder<T> builder, Action<CommandLineArgsCallbackContext> callback)
            where T : IResourceWithArgs => builder.Annotate(new ArgsAnnotation(callback));

        public static IResourceBuilder<T> WithArgs<T>(this IResourceBuilder<T> builder, params string[] args)
            where T : IResourceWithArgs => builder.WithArgs(context =>
            {
                foreach (var arg in args) context.Args.Add(arg);
            });

        public static IResourceBuilder<T> WithEnvironment<T>(
            this IResourceBuilder<T> builder, Action<EnvironmentCallbackContext> callback)
            where T : IResourceWithEnvironment => builder.Annotate(new EnvironmentAnnotation(callback));

        public static IResourceBuilder<T> WithEnvironment<T>(this IResourceBuilder<T> builder, string name, string? value)
            where T : IResourceWithEnvironment => builder.WithEnvironment(c => c.EnvironmentVariables[name] = value ?? "");

        public static IResourceBuilder<T> WithEnvironment<T>(
            this IResourceBuilder<T> builder, string name, IResourceBuilder<ParameterResource> parameter)
            where T : IResourceWithEnvironment => builder.WithEnvironment(c => c.EnvironmentVariables[name] = parameter.Resource);

        public static IResourceBuilder<TDestination> WithReference<TDestination>(
            this IResourceBuilder<TDestination> builder,
            IResourceBuilder<IResourceWithConnectionString> source,
            string? connectionName = null,
            bool optional = false)
            where TDestination : IResourceWithEnvironment
        {
            _ = optional;
            return builder.Annotate(new ReferenceAnnotation(source.Resource)).WithEnvironment(c =>
                c.EnvironmentVariables[$"ConnectionStrings__{connectionName ?? source.Resource.Name}"] =
                    source.Resource.ConnectionStringExpression);
        }

        public static IResourceBuilder<TDestination> WithReference<TDestination>(
            this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithServiceDiscovery> source)
            where TDestination : IResourceWithEnvironment =>
            builder.Annotate(new ReferenceAnnotation(source.Resource)).WithEnvironment(c =>
            {
                foreach (var endpoint in source.Resource.Annotations.OfType<EndpointAnnotation>())
                {
                    c.EnvironmentVariables[$"services__{source.Resource.Name}__{endpoint.Name}__0"] =
                        new EndpointReference(source.Resource, endpoint.Name);
                }
            });

        public static IResourceBuilder<T> WaitFor<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> dependency)
            where T : IResourceWithWaitSupport => builder.Annotate(new WaitAnnotation(dependency.Resource));

        public static IResourceBuilder<T> WithHealthCheck<T>(this IResourceBuilder<T> builder, string key)
            where T : IResource => builder.Annotate(new HealthCheckAnnotation(key));

        public static IResourceBuilder<T> WithHttpHealthCheck<T>(
            this IResourceBuilder<T> builder, string? path = null, int? statusCode = null, string? endpointName = null)
            where T : IResourceWithEndpoints
        {
            var endpoint = builder.GetEndpoint(endpointName ?? "http");
            var key = $"{builder.Resource.Name}_{endpoint.EndpointName}_{path}_{statusCode ?? 200}_check";
            var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
            builder.ApplicationBuilder.Services.AddHealthChecks().AddAsyncCheck(key, async cancel =>
            {
                using var response = await client.GetAsync(new Uri(new Uri(endpoint.Url), path ?? "/"), cancel);
                return (int)response.StatusCode == (statusCode ?? 200)
                    ? HealthCheckResult.Healthy()
                    : HealthCheckResult.Unhealthy($"{path} answered {(int)response.StatusCode}");
            });
            return builder.WithHealthCheck(key);
        }

        public static IResourceBuilder<T> WithUrlForEndpoint<T>(
            this IResourceBuilder<T> builder, string endpointName, Action<ResourceUrlAnnotation> callback)
            where T : IResource => builder.Annotate(new UrlCallbackAnnotation(endpointName, callback));

        public static IResourceBuilder<T> WithCommand<T>(
            this IResourceBuilder<T> builder,
            string name,
            string displayName,
            Func<ExecuteCommandContext, Task<ExecuteCommandResult>> executeCommand,
            CommandOptions? commandOptions = null)
            where T : IResource =>
            builder.Annotate(new ResourceCommandAnnotation(name, displayName, executeCommand, commandOptions ?? new()));

        internal static IResourceBuilder<T> Annotate<T>(this IResourceBuilder<T> builder, IResourceAnnotation annotation)
            where T : IResource
        {
            builder.Resource.Annotations.Add(annotation);
            return builder;
        }
    }
}

namespace Aspire.Hosting.ApplicationModel
{
    public static class ResourceExtensions
    {
        public static EndpointReference GetEndpoint(this IResourceWithEndpoints resource, string endpointName) =>
            new(resource, endpointName);

        public static IEnumerable<EndpointReference> GetEndpoints(this IResourceWithEndpoints resource) =>
            resource.Annotations.OfType<EndpointAnnotation>().Select(e => new EndpointReference(resource, e.Name));
    }
}

namespace Aspire.Hosting.Offline
{
    internal static class Containers
    {
        public static DistributedApplicationException NeedPackages(
            IDistributedApplicationBuilder builder, string name, int? port, object? parameter, string package)
        {
            _ = (builder, port, parameter);
            return new($"{name}: containers need the Aspire packages ({package} 13.5.4), which this feed does not have; "
                + "use --servers local, or a feed that has them and delete artifacts/aspire.props");
        }
    }
}
