using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Offline;

/// <summary>Stops the application when the process named by ASPIRE_CLI_PID is gone: a killed `dotnet run` takes nothing with it.</summary>
internal sealed class OwnerWatch(IConfiguration configuration, IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!int.TryParse(configuration["ASPIRE_CLI_PID"], CultureInfo.InvariantCulture, out var owner)) return;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (Lives(owner)) await timer.WaitForNextTickAsync(stoppingToken);
        lifetime.StopApplication();
    }

    private static bool Lives(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false; // no such process
        }
    }
}
