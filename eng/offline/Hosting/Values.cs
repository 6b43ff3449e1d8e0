using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

public interface IValueProvider
{
    ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default);
}

public interface IManifestExpressionProvider
{
    string ValueExpression { get; }
}

public interface IExpressionValue : IValueProvider, IManifestExpressionProvider;

public enum EndpointProperty
{
    Url,
    Host,
    IPV4Host,
    Port,
    Scheme,
    TargetPort,
    HostAndPort,
}

public sealed class EndpointReference : IExpressionValue
{
    private readonly EndpointAnnotation endpoint;

    public EndpointReference(IResourceWithEndpoints owner, string endpointName)
    {
        Resource = owner;
        EndpointName = endpointName;
        endpoint = owner.Annotations.OfType<EndpointAnnotation>().FirstOrDefault(e => e.Name == endpointName)
            ?? throw new InvalidOperationException($"Resource '{owner.Name}' has no endpoint '{endpointName}'.");
    }

    public IResourceWithEndpoints Resource { get; }
    public string EndpointName { get; }
    public bool IsAllocated => endpoint.Allocated.Task.IsCompletedSuccessfully;
    public string Scheme => endpoint.Scheme;
    public string Host => IsAllocated ? "localhost" : throw NotAllocated();
    public int Port => IsAllocated ? endpoint.Allocated.Task.Result : throw NotAllocated();
    public string Url => $"{Scheme}://{Host}:{Port}";

    string IManifestExpressionProvider.ValueExpression => $"{{{Resource.Name}.bindings.{EndpointName}.url}}";

    public EndpointReferenceExpression Property(EndpointProperty property) => new(this, property);

    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) =>
        await Property(EndpointProperty.Url).GetValueAsync(cancellationToken);

    internal async ValueTask<string?> GetValueAsync(EndpointProperty property, CancellationToken cancellationToken)
    {
        var port = (await endpoint.Allocated.Task.WaitAsync(cancellationToken)).ToString(CultureInfo.InvariantCulture);
        return property switch
        {
            EndpointProperty.Url => $"{Scheme}://localhost:{port}",
            EndpointProperty.Host => "localhost",
            EndpointProperty.IPV4Host => "127.0.0.1",
            EndpointProperty.Port => port,
            EndpointProperty.Scheme => Scheme,
            EndpointProperty.TargetPort when endpoint.IsProxied => PortForServing,
            EndpointProperty.TargetPort => port,
            _ => $"localhost:{port}",
        };
    }

    /// <summary>The port that the process itself binds to behind the proxy: the control plane fills it in.</summary>
    internal string PortForServing => $$$"""{{- portForServing "{{{ServiceName}}}" -}}""";

    internal string ServiceName => ServiceNameOf(Resource, endpoint);

    internal static string ServiceNameOf(IResource resource, EndpointAnnotation endpoint) =>
        resource.Annotations.OfType<EndpointAnnotation>().Count() == 1 ? resource.Name : $"{resource.Name}-{endpoint.Name}";

    private InvalidOperationException NotAllocated() =>
        new($"The endpoint '{EndpointName}' of '{Resource.Name}' has no address yet.");
}

public class EndpointReferenceExpression(EndpointReference endpointReference, EndpointProperty property) : IExpressionValue
{
    public EndpointReference Endpoint { get; } = endpointReference;
    public EndpointProperty Property { get; } = property;
    public string ValueExpression => $"{{{Endpoint.Resource.Name}.bindings.{Endpoint.EndpointName}.{Property}}}";

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) =>
        Endpoint.GetValueAsync(Property, cancellationToken);
}

public class ReferenceExpression : IExpressionValue
{
    private readonly IReadOnlyList<object> parts;

    private ReferenceExpression(IReadOnlyList<object> parts) => this.parts = parts;

    public string ValueExpression =>
        string.Concat(parts.Select(p => p is IManifestExpressionProvider m ? m.ValueExpression : (string)p));

    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => new(handler.Parts);

    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
        {
            text.Append(part is IValueProvider value ? await value.GetValueAsync(cancellationToken) : (string)part);
        }

        return text.ToString();
    }

    [InterpolatedStringHandler]
    public readonly ref struct ExpressionInterpolatedStringHandler
    {
        public ExpressionInterpolatedStringHandler(int literalLength, int formattedCount) =>
            Parts = new List<object>((2 * formattedCount) + Math.Sign(literalLength));

        internal List<object> Parts { get; }

        public void AppendLiteral(string value) => Parts.Add(value);

        public void AppendFormatted(string? value) => Parts.Add(value ?? "");

        public void AppendFormatted<T>(T valueProvider)
            where T : IValueProvider, IManifestExpressionProvider => Parts.Add(valueProvider);

        public void AppendFormatted<T>(IResourceBuilder<T> valueProvider)
            where T : IResource, IValueProvider, IManifestExpressionProvider => Parts.Add(valueProvider.Resource);
    }
}
