using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AspireElection.AppHost;

/// <summary>Prints one line with the address of each project, and the login link of the Aspire dashboard, once they run.</summary>
internal sealed class AddressLines(ResourceNotificationService notifications, IConfiguration configuration) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var printed = new HashSet<string>();
        await foreach (var change in notifications.WatchAsync(stoppingToken))
        {
            if (change.Snapshot.State?.Text == KnownResourceStates.Running
                && Line(change.Resource) is { } line
                && printed.Add(change.Resource.Name))
            {
                Console.WriteLine(line);
            }
        }
    }

    private string? Line(IResource resource) => resource switch
    {
        { Name: "aspire-dashboard" } => $"aspire: {LoginLink()}",
        ProjectResource project => $"{project.Name}: http://127.0.0.1:{project.GetEndpoint("http").Port}",
        _ => null,
    };

    private string LoginLink()
    {
        var address = configuration["ASPNETCORE_URLS"]?.TrimEnd('/');
        return configuration["AppHost:BrowserToken"] is { Length: > 0 } token ? $"{address}/login?t={token}" : $"{address}/";
    }
}

internal static class AddressLinesExtensions
{
    public static void PrintAddresses(this IDistributedApplicationBuilder builder) =>
        builder.Services.AddHostedService<AddressLines>();
}
