using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Offline.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Offline;

/// <summary>Tells the dashboard about the resources, live, and takes its commands: aspire.v1.DashboardService on a loopback port.</summary>
internal sealed partial class ResourceService(
    OfflineModel model,
    IConfiguration configuration,
    IHostEnvironment environment,
    ResourceNotificationService notifications,
    ResourceCommandService commands,
    IServiceProvider services,
    ILogger<ResourceService> log) : IAsyncDisposable
{
    private const string Service = "/aspire.v1.DashboardService/";
    private const string KeyHeader = "x-resource-service-api-key";

    private readonly ConcurrentDictionary<string, ConsoleLines> consoles = [];
    private readonly CancellationTokenSource stopping = new();
    private WebApplication? web;

    /// <summary>Only the dashboard's process gets it, in its environment.</summary>
    public string Key { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    public string Address => web!.Urls.Single();

    public ConsoleLines Console(string instance) => consoles.GetOrAdd(instance, _ => new ConsoleLines());

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var port = Uri.TryCreate(configuration["ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"], UriKind.Absolute, out var wanted) ? wanted.Port : 0;
        try
        {
            web = await ListenAsync(port, cancellationToken);
        }
        catch (IOException) when (port != 0)
        {
            // Taken since it was chosen. Only the dashboard calls here, and it is told the address.
            web = await ListenAsync(0, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref web, null) is { } listening)
        {
            await stopping.CancelAsync();
            await listening.StopAsync();
            await listening.DisposeAsync();
            stopping.Dispose();
        }
    }

    private async Task<WebApplication> ListenAsync(int port, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k =>
            k.Listen(IPAddress.Loopback, port, l => l.Protocols = HttpProtocols.Http2));
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(1));
        var listening = builder.Build();
        try
        {
            listening.Run(AnswerAsync);
            await listening.StartAsync(cancellationToken);
            return listening;
        }
        catch
        {
            await listening.DisposeAsync();
            throw;
        }
    }

    private async Task AnswerAsync(HttpContext http)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping.Token);
        http.Response.ContentType = "application/grpc";
        try
        {
            var given = Encoding.UTF8.GetBytes(http.Request.Headers[KeyHeader].ToString());
            if (!CryptographicOperations.FixedTimeEquals(given, Encoding.UTF8.GetBytes(Key)))
            {
                throw new GrpcException(GrpcStatus.Unauthenticated, $"{KeyHeader} is missing or wrong");
            }

            await CallAsync(http.Request, http.Response, ending.Token);
            GrpcFrames.End(http.Response, GrpcStatus.Ok);
        }
        catch (GrpcException e)
        {
            GrpcFrames.End(http.Response, e.Status, e.Message);
        }
        catch (Exception) when (ending.IsCancellationRequested)
        {
            // The caller has gone, or everything stops: a stream ends in no other way.
        }
        catch (Exception e)
        {
            LogFailed(http.Request.Path, e);
            GrpcFrames.End(http.Response, GrpcStatus.Internal, "the call failed; the AppHost's log says why");
        }
    }

    private Task CallAsync(HttpRequest request, HttpResponse response, CancellationToken cancellationToken) => request.Path.Value switch
    {
        Service + "GetApplicationInformation" => GrpcFrames.WriteAsync(
            response,
            new ApplicationInformationResponse { ApplicationName = configuration["AppHost:DashboardApplicationName"] ?? environment.ApplicationName },
            cancellationToken),
        Service + "WatchResources" => WatchResourcesAsync(response, cancellationToken),
        Service + "WatchResourceConsoleLogs" => WatchConsoleAsync(request, response, cancellationToken),
        Service + "ExecuteResourceCommand" => ExecuteAsync(request, response, cancellationToken),
        Service + "WatchInteractions" => StayOpenAsync(response, cancellationToken),
        _ => throw new GrpcException(GrpcStatus.Unimplemented, $"{request.Path} is not offered"),
    };

    private async Task WatchResourcesAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        var initial = new InitialResourceData();
        foreach (var instance in notifications.Current().Where(IsShown))
        {
            initial.Resources.Add(await ResourcePicture.DrawAsync(instance, services, cancellationToken));
        }

        await GrpcFrames.WriteAsync(response, new WatchResourcesUpdate { InitialData = initial }, cancellationToken);
        await foreach (var instance in notifications.WatchAsync(cancellationToken))
        {
            if (IsShown(instance))
            {
                var change = new WatchResourcesChange { Upsert = await ResourcePicture.DrawAsync(instance, services, cancellationToken) };
                var changes = new WatchResourcesChanges { Value = { change } };
                await GrpcFrames.WriteAsync(response, new WatchResourcesUpdate { Changes = changes }, cancellationToken);
            }
        }
    }

    /// <summary>The dashboard's own process, whose environment has the keys, is no part of the model.</summary>
    private bool IsShown(ResourceEvent instance) => model.Resources.Contains(instance.Resource);

    private async Task WatchConsoleAsync(HttpRequest request, HttpResponse response, CancellationToken cancellationToken)
    {
        var wanted = await GrpcFrames.ReadAsync(request, WatchResourceConsoleLogsRequest.Parser, cancellationToken);
        if (notifications.Current(wanted.ResourceName) is { } instance && IsShown(instance))
        {
            await foreach (var lines in Console(wanted.ResourceName).ReadAsync(!wanted.SuppressFollow, cancellationToken))
            {
                await GrpcFrames.WriteAsync(response, lines, cancellationToken);
            }
        }
    }

    private async Task ExecuteAsync(HttpRequest request, HttpResponse response, CancellationToken cancellationToken)
    {
        var wanted = await GrpcFrames.ReadAsync(request, ResourceCommandRequest.Parser, cancellationToken);
        var hidden = notifications.Current(wanted.ResourceName) is { } instance && !IsShown(instance);

        // Not the caller's token: a page that is closed during a restart must not leave the instance deleted.
        var result = hidden ? CommandResults.Failure("This resource takes no commands.")
            : await commands.ExecuteCommandAsync(wanted.ResourceName, wanted.CommandName, stopping.Token);
        var answer = new ResourceCommandResponse
        {
            Kind = result.Success ? ResourceCommandResponseKind.Succeeded
                : result.Canceled ? ResourceCommandResponseKind.Cancelled
                : ResourceCommandResponseKind.Failed,
            Message = result.Message ?? "",
        };
        await GrpcFrames.WriteAsync(response, answer, cancellationToken);
    }

    /// <summary>The dashboard keeps such a call open for questions of the AppHost to the user; there are none.</summary>
    private static async Task StayOpenAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        await response.StartAsync(cancellationToken);
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The dashboard's call {Method} failed")]
    private partial void LogFailed(string method, Exception e);
}
