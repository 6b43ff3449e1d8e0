using AspireElection.Dashboard.Components;
using AspireElection.Dashboard.Drills;
using AspireElection.Dashboard.Incidents;
using AspireElection.Dashboard.Live;
using AspireElection.Dashboard.Nodes;
using AspireElection.Dashboard.Watching;
using AspireElection.ServiceDefaults;
using AspireElection.Timing;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.FileProviders;

namespace AspireElection.Dashboard;

/// <summary>The web application, over settings that were read and a store that is opened later.</summary>
internal static class DashboardApp
{
    public static WebApplication Create(DashboardSettings settings, Func<IElectionStore> openStore)
    {
        var builder = WebApplication.CreateBuilder(StartArguments.SettingsStay);
        builder.WebHost.UseUrls(settings.Urls);
        builder.Configuration["AllowedHosts"] = PageSecurity.Hosts;
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        // A failed start is told in one line by whoever starts.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.Critical);
        // Warns that keys are not encrypted; they are not kept at all.
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        // Tells of each cookie that a browser kept from a dashboard that has ended.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Antiforgery", LogLevel.Critical);
        builder.AddServiceDefaults();
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(openStore);
        builder.Services.AddSingleton<TimeProvider>(BootClock.Instance);
        builder.Services.AddSingleton<Watches>();
        builder.Services.AddSingleton<NodeLine>();
        builder.Services.AddSingleton<NodeAnswers>();
        builder.Services.AddHostedService(services => services.GetRequiredService<NodeAnswers>());
        builder.Services.AddDrills(settings);
        builder.Services.AddHostedService(services => services.GetRequiredService<Watches>());
        LiveBoards.AddTo(builder.Services);
        builder.Services.AddRazorComponents();
        builder.Services.Configure<KeyManagementOptions>(KeysInMemory.Configure);

        var app = builder.Build();
        app.UsePageSecurity();
        app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = new EmbeddedFileProvider(typeof(DashboardApp).Assembly, "AspireElection.Dashboard.Assets"),
        });
        app.MapDefaultEndpoints();
        app.MapLiveUpdates();
        app.MapIncidentExport();
        app.MapDrills();
        app.MapGet("/", ShowPage);
        return app;
    }

    private static RazorComponentResult<Page> ShowPage(HttpContext http, DashboardSettings settings, TimeProvider clock)
    {
        var view = PageView.Read(http.Request.Query, settings.Elections, clock.GetUtcNow());
        return new RazorComponentResult<Page>(new Dictionary<string, object?> { [nameof(Page.View)] = view })
        {
            PreventStreamingRendering = true,
            StatusCode = view.Problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest,
        };
    }
}
