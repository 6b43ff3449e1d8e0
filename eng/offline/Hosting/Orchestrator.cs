using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Offline;

/// <summary>Turns the model into services and executables of the control plane, and its news into resource states.</summary>
internal sealed partial class Orchestrator(
    OfflineModel model,
    IConfiguration configuration,
    ResourceNotificationService notifications,
    ResourceService resources,
    HealthCheckService health,
    IHostApplicationLifetime lifetime,
    IHostEnvironment host,
    ILoggerFactory loggers) : IHostedService, IDisposable
{
    private static readonly TimeSpan Eager = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patient = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(5);

    private readonly ILogger log = loggers.CreateLogger("Aspire.Hosting");
    private readonly ConcurrentDictionary<string, Instance> instances = [];
    private readonly ConcurrentBag<Task> background = [];
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private (string Dcp, string Dashboard)? tools;
    private ControlPlane? control;
    private ExecutableResource? dashboard;
    private Task? stopped;

    public async Task<(string Dcp, string Dashboard)> FindToolsAsync(CancellationToken cancellationToken) =>
        tools ??= await Bundle.FindAsync(cancellationToken);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var (dcp, dashboardProgram) = await FindToolsAsync(cancellationToken);
        control = await ControlPlane.StartAsync(dcp, cancellationToken);
        InBackground("watch", WatchAsync);
        foreach (var resource in model.Resources) await AllocateAsync(resource, cancellationToken);

        var started = new List<IResource>(model.Resources.Where(r => r is ExecutableResource or ProjectResource));
        if (!model.DisableDashboard)
        {
            await resources.StartAsync(cancellationToken);
            dashboard = DashboardProcess.Resource(dashboardProgram, configuration, resources);
            started.Insert(0, dashboard);
        }

        var creating = new List<Task>();
        foreach (var resource in started)
        {
            LifeCycle.AddTo(resource, ExecuteAsync);
            var replicas = resource.Annotations.OfType<ReplicaAnnotation>().LastOrDefault()?.Count ?? 1;
            var created = Enumerable.Range(0, replicas).Select(_ => new Instance(resource, Suffix())).ToList();
            foreach (var instance in created)
            {
                instances[instance.Id] = instance;
                notifications.Publish(resource, instance.Id, s => s with { State = KnownResourceStates.Waiting });
            }

            var all = new TaskCompletionSource();
            creating.Add(all.Task);
            InBackground(resource.Name, cancel => RunAsync(resource, created, all, cancel));
        }

        // As with Aspire: whatever is started after this finds every process created.
        await Task.WhenAll(creating).WaitAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            return stopped ??= StopOnceAsync();
        }
    }

    public void Dispose() => stopping.Dispose();

    private async Task StopOnceAsync()
    {
        await stopping.CancelAsync();
        if (control is not null) await control.EndAsync(configuration["DcpPublisher:WaitForResourceCleanup"] == "true");
        control?.Dispose();

        await resources.DisposeAsync();
        await Task.WhenAll(background);
    }

    private void InBackground(string what, Func<CancellationToken, Task> work) => background.Add(Guard(what, work));

    private async Task Guard(string what, Func<CancellationToken, Task> work)
    {
        await Task.Yield();
        try
        {
            await work(stopping.Token);
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            // Everything is being stopped: whatever this part still waited for does not come any more.
        }
        catch (Exception e)
        {
            // A part that ends unnoticed would leave a topology that only looks alive.
            LogFailed(what, e.Message);
            lifetime.StopApplication();
        }
    }

    /// <summary>Gives each endpoint its address before any process starts, so that all can refer to it.</summary>
    private async Task AllocateAsync(IResource resource, CancellationToken cancellationToken)
    {
        var random = configuration["DcpPublisher:RandomizePorts"] == "true";
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            var name = EndpointReference.ServiceNameOf(resource, endpoint);
            if (!endpoint.IsProxied)
            {
                endpoint.Allocated.TrySetResult(endpoint.Port
                    ?? throw new DistributedApplicationException($"{name}: an endpoint without proxy needs a port."));
                continue;
            }

            var spec = new JsonObject { ["protocol"] = "TCP", ["addressAllocationMode"] = "Localhost" };
            if (endpoint.Port is { } port && !random) spec["port"] = port;

            var service = await control!.CreateAsync("Service", name, spec, null, cancellationToken);
            while ((int?)service["status"]?["effectivePort"] is not > 0)
            {
                await Task.Delay(20, cancellationToken);
                service = await control.GetAsync("Service", name, cancellationToken);
            }

            endpoint.Allocated.TrySetResult((int)service["status"]!["effectivePort"]!);
        }
    }

    private async Task RunAsync(IResource resource, List<Instance> created, TaskCompletionSource all, CancellationToken cancellationToken)
    {
        foreach (var wait in resource.Annotations.OfType<WaitAnnotation>())
        {
            var count = wait.Dependency.Annotations.OfType<ReplicaAnnotation>().LastOrDefault()?.Count ?? 1;
            await notifications.WaitForAllHealthyAsync(wait.Dependency, count, cancellationToken);
        }

        foreach (var before in resource.Annotations.OfType<BeforeStartAnnotation>())
        {
            await before.Callback(cancellationToken);
        }

        foreach (var instance in created) await CreateAsync(instance, cancellationToken);

        all.SetResult();
        if (resource.Annotations.OfType<HealthCheckAnnotation>().Any())
        {
            await CheckHealthAsync(resource, created, cancellationToken);
        }
    }

    private async Task CreateAsync(Instance instance, CancellationToken cancellationToken)
    {
        var resource = instance.Resource;
        notifications.Publish(resource, instance.Id, s =>
            s with { State = KnownResourceStates.Starting, ExitCode = null, HealthStatus = null, Checks = [], Executable = null });
        var spec = new JsonObject { ["executionType"] = "Process" };
        var arguments = new JsonArray();
        if (resource is ExecutableResource executable)
        {
            spec["executablePath"] = executable.Command;
            spec["workingDirectory"] = executable.WorkingDirectory;
        }
        else
        {
            var project = resource.Annotations.OfType<ProjectAnnotation>().Last();
            spec["executablePath"] = Dotnet();
            spec["workingDirectory"] = Path.GetDirectoryName(project.Metadata.ProjectPath);
            arguments.Add(project.Assembly);
        }

        var args = new CommandLineArgsCallbackContext();
        foreach (var annotation in resource.Annotations.OfType<ArgsAnnotation>()) annotation.Callback(args);

        foreach (var arg in args.Args) arguments.Add(await TextAsync(arg, cancellationToken));

        var environment = new EnvironmentCallbackContext();
        AddDefaults(instance, environment.EnvironmentVariables);
        foreach (var annotation in resource.Annotations.OfType<EnvironmentAnnotation>())
        {
            annotation.Callback(environment);
        }

        var variables = new JsonArray();
        foreach (var (name, value) in environment.EnvironmentVariables)
        {
            variables.Add(new JsonObject { ["name"] = name, ["value"] = await TextAsync(value, cancellationToken) });
        }

        spec["args"] = arguments;
        spec["env"] = variables;
        var produced = new JsonArray([.. resource.Annotations.OfType<EndpointAnnotation>().Where(e => e.IsProxied).Select(e =>
            new JsonObject
            {
                ["serviceName"] = EndpointReference.ServiceNameOf(resource, e),
                ["address"] = "localhost",
            })]);
        var annotations = new JsonObject();
        if (produced.Count > 0) annotations["service-producer"] = produced.ToJsonString();

        await control!.CreateAsync("Executable", instance.Id, spec, annotations, cancellationToken);
        if (resource != dashboard) InBackground(instance.Id, cancel => ForwardLogsAsync(instance, cancel));
    }

    /// <summary>What Aspire gives each project: where to send telemetry, as whom, and the addresses to bind to.</summary>
    private void AddDefaults(Instance instance, Dictionary<string, object> environment)
    {
        if (instance.Resource != dashboard) environment["HOME"] = Bundle.Home;

        if (instance.Resource is not ProjectResource) return;

        environment["OTEL_SERVICE_NAME"] = instance.Resource.Name;
        environment["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={instance.Suffix}";
        environment["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory";
        if ((configuration["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] ?? configuration["DOTNET_DASHBOARD_OTLP_ENDPOINT_URL"]) is { } otlp
            && !model.DisableDashboard)
        {
            environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = otlp;
            environment["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc";
            if (configuration["AppHost:OtlpApiKey"] is { } key)
            {
                environment["OTEL_EXPORTER_OTLP_HEADERS"] = $"x-otlp-api-key={key}";
            }
        }

        string[] prompt = host.IsDevelopment() ? ["OTEL_BLRP_SCHEDULE_DELAY", "OTEL_BSP_SCHEDULE_DELAY", "OTEL_METRIC_EXPORT_INTERVAL"] : [];
        foreach (var name in prompt) environment[name] = "1000";

        var urls = instance.Resource.Annotations.OfType<EndpointAnnotation>()
            .Where(e => e.Scheme is "http")
            .Select(e => $"http://localhost:{new EndpointReference((IResourceWithEndpoints)instance.Resource, e.Name).PortForServing}");
        environment["ASPNETCORE_URLS"] = string.Join(';', urls);
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        await foreach (var change in control!.WatchExecutablesAsync(cancellationToken))
        {
            var executable = change["object"]!.AsObject();
            var status = executable["status"];
            if ((string?)change["type"] == "DELETED"
                || !instances.TryGetValue((string)executable["metadata"]!["name"]!, out var instance)
                || (string?)executable["metadata"]!["uid"] == instance.Deleted
                || (string?)status?["state"] is not { Length: > 0 } state)
            {
                continue;
            }

            var alive = state == KnownResourceStates.Running && !instance.StopWanted;
            var unasked = !instance.Resource.Annotations.OfType<HealthCheckAnnotation>().Any();
            notifications.Publish(instance.Resource, instance.Id, s => s with
            {
                // The control plane's own word, as with Aspire; it says "Finished" of what exited and of what was stopped
                // alike. A process that is to stop is stopping already, so whoever sees it end knows that it was meant to.
                State = instance.StopWanted && state == KnownResourceStates.Running ? KnownResourceStates.Stopping : state,
                Executable = JsonNode.DeepEquals(s.Executable?["status"], status) ? s.Executable : executable,
                ExitCode = state == KnownResourceStates.Running ? null : (int?)status["exitCode"],
                HealthStatus = !alive ? null : unasked ? HealthStatus.Healthy : s.HealthStatus,
            });
        }
    }

    /// <summary>Asks often until the resource is healthy, seldom afterwards.</summary>
    private async Task CheckHealthAsync(IResource resource, List<Instance> created, CancellationToken cancellationToken)
    {
        var keys = resource.Annotations.OfType<HealthCheckAnnotation>().Select(a => a.Key).ToHashSet();
        var delay = TimeSpan.Zero;
        while (!cancellationToken.IsCancellationRequested)
        {
            var report = await health.CheckHealthAsync(r => keys.Contains(r.Name), cancellationToken);
            ImmutableArray<(string Key, HealthStatus Status, string? Description)> checks =
                [.. report.Entries.Select(e => (e.Key, e.Value.Status, e.Value.Description))];
            var running = 0;
            foreach (var instance in created)
            {
                notifications.Publish(resource, instance.Id, s => s.State?.Text != KnownResourceStates.Running ? s : s with
                {
                    HealthStatus = report.Status,
                    Checks = s.Checks.SequenceEqual(checks) ? s.Checks : checks,
                });
                running += notifications.Current(instance.Id)?.Snapshot.State?.Text == KnownResourceStates.Running ? 1 : 0;
            }

            // A start is worth a quick look; what stays away for longer is not asked more often than once a second.
            var calm = report.Status == HealthStatus.Healthy && running == created.Count;
            delay = calm ? Calm : TimeSpan.FromTicks(Math.Clamp(delay.Ticks * 5 / 4, Eager.Ticks, Patient.Ticks));
            await Task.Delay(delay, cancellationToken);
        }
    }

    private async Task<ExecuteCommandResult> ExecuteAsync(ExecuteCommandContext context, string command)
    {
        var instance = instances[context.ResourceName];
        await instance.Commands.WaitAsync(context.CancellationToken);
        try
        {
            if (command == KnownResourceCommands.StartCommand || command == KnownResourceCommands.RestartCommand)
            {
                // Deleted, which ends its process in order, and created anew under its name: what depends on the
                // instance finds it where it was.
                instance.StopWanted = true;
                await control!.DeleteAsync("Executable", instance.Id, context.CancellationToken);
                instance.Deleted = (string?)notifications.Current(instance.Id)?.Snapshot.Executable?["metadata"]?["uid"];
                instance.StopWanted = false;
                await CreateAsync(instance, context.CancellationToken);
            }
            else
            {
                instance.StopWanted = true;
                await control!.StopExecutableAsync(instance.Id, context.CancellationToken);
            }

            return CommandResults.Success();
        }
        finally
        {
            instance.Commands.Release();
        }
    }

    private async Task ForwardLogsAsync(Instance instance, CancellationToken cancellationToken)
    {
        var logger = loggers.CreateLogger($"AppHost.Resources.{instance.Id}");
        async Task Follow(string source)
        {
            await foreach (var line in control!.LogsAsync(instance.Id, source, cancellationToken))
            {
                resources.Console(instance.Id).Add(line, isError: source == "stderr");
                if (line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..] is { Length: > 0 } withoutTime)
                {
                    LogLine(logger, withoutTime);
                }
            }
        }

        try
        {
            await Task.WhenAll(Follow("stdout"), Follow("stderr"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // The process was deleted while its log was read: there is nothing more to come.
        }
    }

    private static async Task<string> TextAsync(object value, CancellationToken cancellationToken) => value switch
    {
        EndpointReference endpoint => (await endpoint.GetValueAsync(cancellationToken))!,
        IValueProvider provider => await provider.GetValueAsync(cancellationToken) ?? "",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static string Dotnet() =>
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host
        : Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath!
        : "dotnet";

    private static string Suffix() => RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz", 8);

    [LoggerMessage(Level = LogLevel.Critical, Message = "{What} failed, so the application stops: {Why}")]
    private partial void LogFailed(string what, string why);

    // No warning for standard error: PostgreSQL writes all of its log there.
    [LoggerMessage(EventId = 0, Level = LogLevel.Information, Message = "{Line}")]
    private static partial void LogLine(ILogger logger, string line);

    private sealed record Instance(IResource Resource, string Suffix)
    {
        public string Id { get; } = $"{Resource.Name}-{Suffix}";

        /// <summary>One command at a time: a start during a stop would create an object that still exists.</summary>
        public SemaphoreSlim Commands { get; } = new(1);

        /// <summary>Whether the process that runs, or ran last, was told to end by a command.</summary>
        public bool StopWanted { get; set; }

        /// <summary>The last object of this name that was deleted: the end of its process, heard of late, is not that of the next.</summary>
        public string? Deleted { get; set; }
    }
}
