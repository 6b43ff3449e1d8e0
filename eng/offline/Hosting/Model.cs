using System.Collections.ObjectModel;

namespace Aspire.Hosting.ApplicationModel
{
    public interface IResourceAnnotation;

    public sealed class ResourceAnnotationCollection : Collection<IResourceAnnotation>;

    public interface IResource
    {
        string Name { get; }
        ResourceAnnotationCollection Annotations { get; }
    }

    public interface IResourceWithEnvironment : IResource;

    public interface IResourceWithArgs : IResource;

    public interface IResourceWithWaitSupport : IResource;

    public interface IResourceWithEndpoints : IResource;

    public interface IResourceWithConnectionString : IResource, IExpressionValue
    {
        ReferenceExpression ConnectionStringExpression { get; }

        ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) =>
            ConnectionStringExpression.GetValueAsync(cancellationToken);

        string IManifestExpressionProvider.ValueExpression => $"{{{Name}.connectionString}}";

        ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken) =>
            GetConnectionStringAsync(cancellationToken);
    }

    public abstract class Resource(string name) : IResource
    {
        public virtual string Name { get; } = name;
        public virtual ResourceAnnotationCollection Annotations { get; } = [];
    }

    public class ExecutableResource(string name, string command, string workingDirectory)
        : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport
    {
        public string Command { get; } = command;
        public string WorkingDirectory { get; } = workingDirectory;
    }

    public class ProjectResource(string name)
        : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithServiceDiscovery, IResourceWithWaitSupport;

    /// <summary>Compiles here; a container runs only with Aspire's packages.</summary>
    public class ContainerResource(string name)
        : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport;

    public class RedisResource(string name) : ContainerResource(name), IResourceWithConnectionString
    {
        public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"");
    }

    public class PostgresServerResource(string name) : ContainerResource(name), IResourceWithConnectionString
    {
        public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"");
    }

    public class ParameterResource : Resource, IExpressionValue
    {
        private readonly string value;

        internal ParameterResource(string name, string value)
            : base(name) => this.value = value;

        public string ValueExpression => $"{{{Name}.value}}";

        public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => new(value);
    }

    public interface IResourceBuilder<out T>
        where T : IResource
    {
        IDistributedApplicationBuilder ApplicationBuilder { get; }
        T Resource { get; }
    }

    public sealed class EnvironmentCallbackContext
    {
        internal EnvironmentCallbackContext() { }

        public Dictionary<string, object> EnvironmentVariables { get; } = [];
    }

    public sealed class CommandLineArgsCallbackContext
    {
        internal CommandLineArgsCallbackContext() { }

        public IList<object> Args { get; } = [];
    }

    public class BeforeResourceStartedEvent
    {
        internal BeforeResourceStartedEvent(IResource resource) => Resource = resource;

        public IResource Resource { get; }
    }

    internal sealed record BeforeStartAnnotation(Func<CancellationToken, Task> Callback) : IResourceAnnotation;

    internal sealed record EndpointAnnotation(string Name, string Scheme, int? Port, bool IsProxied) : IResourceAnnotation
    {
        public TaskCompletionSource<int> Allocated { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public sealed class ResourceUrlAnnotation : IResourceAnnotation
    {
        public required string Url { get; set; }
        public string? DisplayText { get; set; }
        public EndpointReference? Endpoint { get; init; }
    }

    internal sealed record UrlCallbackAnnotation(string Endpoint, Action<ResourceUrlAnnotation> Callback) : IResourceAnnotation;

    internal sealed record ReplicaAnnotation(int Count) : IResourceAnnotation;

    internal sealed record WaitAnnotation(IResource Dependency) : IResourceAnnotation;

    internal sealed record ReferenceAnnotation(IResource Target) : IResourceAnnotation;

    internal sealed record HealthCheckAnnotation(string Key) : IResourceAnnotation;

    internal sealed record EnvironmentAnnotation(Action<EnvironmentCallbackContext> Callback) : IResourceAnnotation;

    internal sealed record ArgsAnnotation(Action<CommandLineArgsCallbackContext> Callback) : IResourceAnnotation;

    internal sealed record ProjectAnnotation(IProjectMetadata Metadata, string Assembly) : IResourceAnnotation;
}

namespace Aspire.Hosting
{
    public interface IResourceWithServiceDiscovery : ApplicationModel.IResourceWithEndpoints;

    public interface IProjectMetadata : ApplicationModel.IResourceAnnotation
    {
        string ProjectPath { get; }
        bool SuppressBuild => false;
    }

    public class DistributedApplicationException(string message) : Exception(message);
}
