using System.Reflection;
using System.Security.Cryptography;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Offline;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting;

public interface IDistributedApplicationBuilder
{
    ConfigurationManager Configuration { get; }
    IHostEnvironment Environment { get; }
    IServiceCollection Services { get; }
    string AppHostDirectory { get; }

    IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource;

    DistributedApplication Build();
}

public class DistributedApplication : IAsyncDisposable
{
    private readonly IHost host;
    private readonly TestHook? hook;
    private readonly Orchestrator orchestrator;
    private bool running;

    internal DistributedApplication(IHost host, TestHook? hook)
    {
        this.host = host;
        this.hook = hook;
        orchestrator = host.Services.GetRequiredService<Orchestrator>();
    }

    public IServiceProvider Services => host.Services;
    public ResourceNotificationService ResourceNotifications => Services.GetRequiredService<ResourceNotificationService>();
    public ResourceCommandService ResourceCommands => Services.GetRequiredService<ResourceCommandService>();

    public static IDistributedApplicationBuilder CreateBuilder(string[] args) => new OfflineBuilder(args, TestHook.Current.Value);

    /// <summary>Runs until a signal comes; under a test it is the test that starts and stops the application.</summary>
    public async Task RunAsync(CancellationToken cancellationToken = default)
    {
        if (hook is not null)
        {
            await hook.Disposed.Task.WaitAsync(cancellationToken);
            return;
        }

        try
        {
            // Before the host starts, which would log a missing tool as a crash of its own.
            await orchestrator.FindToolsAsync(cancellationToken);
            await host.StartAsync(cancellationToken);
            await host.WaitForShutdownAsync(cancellationToken);
        }
        catch (OperationCanceledException)
            when (Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested)
        {
            // A signal during the start: there is less to stop, and nothing to report.
        }
    }

    public Task StartAsync(CancellationToken cancellationToken = default)
    {
        running = true;
        return host.StartAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken = default)
    {
        running = false;
        return host.StopAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (running)
        {
            // Disposed without a stop, its background services would be taken for failed.
            await StopAsync();
        }

        await orchestrator.StopAsync(CancellationToken.None);
        hook?.Disposed.TrySetResult();
        if (host is IAsyncDisposable disposable) await disposable.DisposeAsync();
    }
}

/// <summary>How the testing builder gets hold of the builder that the entry point of the AppHost creates.</summary>
internal sealed class TestHook
{
    public static readonly AsyncLocal<TestHook?> Current = new();

    public TaskCompletionSource<OfflineBuilder> Building { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    public TaskCompletionSource BuildWanted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    public TaskCompletionSource<DistributedApplication> Built { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    public TaskCompletionSource Disposed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

internal sealed class OfflineBuilder : IDistributedApplicationBuilder
{
    private readonly HostApplicationBuilder host;
    private readonly TestHook? hook;
    private readonly List<IResource> resources = [];

    public OfflineBuilder(string[] args, TestHook? hook)
    {
        this.hook = hook;
        var entry = hook is null ? Assembly.GetEntryAssembly()! : TestHookAssembly(hook);
        AppHostDirectory = Metadata(entry, "apphostprojectpath") ?? AppContext.BaseDirectory;
        ProjectOutputs = entry.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Where(m => m.Key.StartsWith("project-output:", StringComparison.Ordinal))
            .ToDictionary(m => m.Key["project-output:".Length..], m => m.Value!);
        host = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = args, ContentRootPath = AppHostDirectory });
        Configuration["DcpPublisher:ContainerRuntime"] = "none";
        if (hook is null && !DashboardProcess.IsAnonymous(Configuration))
        {
            Configuration["AppHost:BrowserToken"] = Token();
            Configuration["AppHost:OtlpApiKey"] = Token();
        }
        else if (hook is not null)
        {
            Configuration["DcpPublisher:RandomizePorts"] ??= "true";
            Configuration["DcpPublisher:WaitForResourceCleanup"] ??= "true";
        }

        Services.AddSingleton(new OfflineModel(resources, ProjectOutputs, DisableDashboard: hook is not null));
        Services.AddSingleton<ResourceNotificationService>(_ => new ResourceNotificationService());
        Services.AddSingleton<ResourceCommandService>(s => new ResourceCommandService(
            s.GetRequiredService<ResourceNotificationService>(), s, s.GetRequiredService<ILoggerFactory>()));
        Services.AddSingleton<ResourceService>();
        Services.AddSingleton<Orchestrator>();
        Services.AddHostedService<OwnerWatch>();
        Services.AddHostedService(s => s.GetRequiredService<Orchestrator>());
        Services.AddHealthChecks();
        Services.AddLogging(l => l
            .AddSimpleConsole(c => c.SingleLine = true)
            .AddFilter("Microsoft", LogLevel.Warning)
            // A failed start is reported by whoever called RunAsync.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical)
            // A failing check is a state of a resource here, and is asked again every second.
            .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None)
            .AddFilter("System.Net.Http", LogLevel.Warning));
    }

    public static AsyncLocal<Assembly?> EntryAssembly { get; } = new();

    public ConfigurationManager Configuration => host.Configuration;
    public IHostEnvironment Environment => host.Environment;
    public IServiceCollection Services => host.Services;
    public string AppHostDirectory { get; }
    public IReadOnlyDictionary<string, string> ProjectOutputs { get; }

    public IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource
    {
        if (resources.Any(r => string.Equals(r.Name, resource.Name, StringComparison.OrdinalIgnoreCase)))
        {
            throw new DistributedApplicationException($"Cannot add resource '{resource.Name}': one with that name exists.");
        }

        resources.Add(resource);
        return new OfflineResourceBuilder<T>(this, resource);
    }

    public DistributedApplication Build()
    {
        hook?.Building.TrySetResult(this);
        hook?.BuildWanted.Task.GetAwaiter().GetResult();
        var application = new DistributedApplication(host.Build(), hook);
        hook?.Built.TrySetResult(application);
        return application;
    }

    private static string Token() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    private static Assembly TestHookAssembly(TestHook hook) => EntryAssembly.Value ?? hook.GetType().Assembly;

    private static string? Metadata(Assembly assembly, string key) =>
        assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(m => m.Key == key)?.Value;

    private sealed class OfflineResourceBuilder<T>(IDistributedApplicationBuilder builder, T resource) : IResourceBuilder<T>
        where T : IResource
    {
        public IDistributedApplicationBuilder ApplicationBuilder => builder;
        public T Resource => resource;
    }
}

internal sealed record OfflineModel(
    IReadOnlyList<IResource> Resources, IReadOnlyDictionary<string, string> ProjectOutputs, bool DisableDashboard);
