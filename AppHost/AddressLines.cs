using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AspireElection.AppHost;

/// <summary>
/// Prints one line with the address of each project, and the links that let somebody in, once they run; opens the two
/// dashboards where it is asked to.
/// </summary>
internal sealed class AddressLines(ResourceNotificationService notifications, IConfiguration configuration, AdminAccess admin, bool open)
    : EarlyService
{
    private const string Aspire = "aspire-dashboard";
    private const string Election = "dashboard";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var printed = new HashSet<string>();
        var opened = new Dictionary<string, Task>();
        await foreach (var change in notifications.WatchAsync(stoppingToken))
        {
            if (change.Snapshot.State?.Text != KnownResourceStates.Running || AddressOf(change.Resource) is not { } address)
                continue;
            var name = change.Resource.Name;
            if (printed.Add(name))
            {
                Console.WriteLine($"{(name == Aspire ? "aspire" : name)}: {address}");
                if (name == Election)
                    Console.WriteLine($"dashboard-admin: {address}/admin?token={Uri.EscapeDataString(admin.PageToken)}");
            }

            // The election page as everybody sees it: who lists the processes of this machine could read the admin link there.
            if (open && name is Aspire or Election && change.Snapshot.HealthStatus == HealthStatus.Healthy && !opened.ContainsKey(name))
                opened[name] = Browser.OpenAsync(new Uri(address), stoppingToken);
        }
    }

    private string? AddressOf(IResource resource) => resource switch
    {
        { Name: Aspire } => LoginLink(),
        ProjectResource project => $"http://127.0.0.1:{project.GetEndpoint("http").Port}",
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
    public static void PrintAddresses(this IDistributedApplicationBuilder builder, AdminAccess admin, bool open) =>
        builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<AddressLines>(services, admin, open));
}
