using AspireElection.Timing;
using AspireElection.Workers.Http;
using AspireElection.Workers.Settings;
using Microsoft.Extensions.Logging.Console;

namespace AspireElection.Workers.Output;

/// <summary>Standard output belongs to the event lines; logs go to standard error and to telemetry.</summary>
internal static class OutputExtensions
{
    public static void AddOutput(this WebApplicationBuilder builder, WorkerSettings settings, LineWriter lines)
    {
        builder.WebHost.UseUrls(settings.Urls);
        builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        // A stopped terminal must hold up nobody who logs.
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite);
        // Draining is bounded by the election; what remains for the rest is little, or the process would be killed.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = settings.Election.DrainLimit + TimeSpan.FromSeconds(0.5));

        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton<TimeProvider>(BootClock.Instance);
        builder.Services.AddSingleton(lines);
        builder.Services.AddSingleton(new EventText(settings.Election.NodeId, settings.Colours));
        builder.Services.AddSingleton<OwnAddress>();
        builder.Services.AddSingleton<FirstAnswer>();
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, AnswersJson.Default));
        builder.Services.AddSingleton<EventLines>();
        builder.Services.AddOptions<ElectionOptions>(settings.LockName).Configure<EventLines, OwnAddress>((options, events, address) =>
        {
            events.Attach(options.Callbacks);
            options.Address = () => address.Url;
        });
        builder.Services.AddHostedService<Announcement>();
        builder.Services.AddHostedService<StatusLine>();
    }
}
