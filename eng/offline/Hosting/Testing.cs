using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

public interface IDistributedApplicationTestingBuilder : IDistributedApplicationBuilder, IAsyncDisposable
{
    Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default);
}

public static class DistributedApplicationTestingBuilder
{
    /// <summary>Runs the entry point of the AppHost up to its call of Build, without a dashboard and on random ports.</summary>
    public static async Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(
        string[] args, CancellationToken cancellationToken = default)
        where TEntryPoint : class
    {
        var hook = new TestHook();
        var assembly = typeof(TEntryPoint).Assembly;
        var main = assembly.EntryPoint ?? throw new InvalidOperationException($"{assembly} has no entry point.");
        TestHook.Current.Value = hook;
        OfflineBuilder.EntryAssembly.Value = assembly;
        var thread = new Thread(() => Run(main, args, hook)) { IsBackground = true, Name = "AppHost entry point" };
        thread.Start();
        TestHook.Current.Value = null;
        OfflineBuilder.EntryAssembly.Value = null;
        return new TestingBuilder(await hook.Building.Task.WaitAsync(cancellationToken), hook);
    }

    private static void Run(MethodInfo main, string[] args, TestHook hook)
    {
        try
        {
            var result = main.Invoke(null, main.GetParameters().Length == 0 ? [] : [args]);
            (result as Task)?.GetAwaiter().GetResult();
            Fail(hook, new InvalidOperationException($"The entry point of the AppHost ended ({result}) before it built an application."));
        }
        catch (Exception e)
        {
            // Whatever the entry point throws is the test's answer: the thread of the entry point has no other reader.
            Fail(hook, e is TargetInvocationException { InnerException: { } inner } ? inner : e);
        }
    }

    private static void Fail(TestHook hook, Exception e)
    {
        hook.Building.TrySetException(e);
        hook.Built.TrySetException(e);
    }

    private sealed class TestingBuilder(OfflineBuilder inner, TestHook hook) : IDistributedApplicationTestingBuilder
    {
        public ConfigurationManager Configuration => inner.Configuration;
        public IHostEnvironment Environment => inner.Environment;
        public IServiceCollection Services => inner.Services;
        public string AppHostDirectory => inner.AppHostDirectory;

        public IResourceBuilder<T> AddResource<T>(T resource)
            where T : IResource => inner.AddResource(resource);

        public DistributedApplication Build() => BuildAsync().GetAwaiter().GetResult();

        public Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default)
        {
            hook.BuildWanted.TrySetResult();
            return hook.Built.Task.WaitAsync(cancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            if (hook.Built.Task.IsCompletedSuccessfully) await hook.Built.Task.Result.DisposeAsync();
        }
    }
}

public static class DistributedApplicationHostingTestingExtensions
{
    public static HttpClient CreateHttpClient(this DistributedApplication app, string resourceName, string? endpointName = null)
    {
        var resource = Find<IResourceWithEndpoints>(app, resourceName);
        return new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(resource.GetEndpoint(endpointName ?? "http").Url) };
    }

    public static ValueTask<string?> GetConnectionStringAsync(
        this DistributedApplication app, string resourceName, CancellationToken cancellationToken = default) =>
        Find<IResourceWithConnectionString>(app, resourceName).GetConnectionStringAsync(cancellationToken);

    private static T Find<T>(DistributedApplication app, string name)
        where T : class, IResource =>
        app.Services.GetRequiredService<OfflineModel>().Resources.FirstOrDefault(r => r.Name == name) as T
            ?? throw new ArgumentException($"Resource '{name}' not found, or it is no {typeof(T).Name}.", nameof(name));
}
