using AspireElection.Hosting;
using AspireElection.ServiceDefaults;
using AspireElection.Workers.Demos;
using AspireElection.Workers.Drills;
using AspireElection.Workers.Health;
using AspireElection.Workers.Http;
using AspireElection.Workers.Jobs;
using AspireElection.Workers.Output;
using AspireElection.Workers.Settings;
using AspireElection.Workers.Stores;

namespace AspireElection.Workers;

/// <summary>A worker: one node of an election, its jobs, what it prints and what it answers over HTTP.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] arguments)
    {
        StandardStreams.LeaveClosed();
        if (arguments is [Demo.Verb, .. var demo])
            return await Demo.RunAsync(demo);
        using var early = new EarlyStop();
        if (SettingsOfProcess.Read(arguments, out var exitCode) is not { } settings)
            return exitCode;
        await using var output = StandardStreams.OpenOutput();
        using var lines = new LineWriter(output);
        try
        {
            return await Build(settings, lines, election => election.Services.AddSingleton<IHostedService>(early)).RunToEndAsync(settings);
        }
        catch (StoreUnavailableException unusable)
        {
            // What a node keeps itself cannot be used: nobody else's return would mend that.
            await Console.Error.WriteLineAsync(unusable.Message);
            return OrderlyExit.NotStarted;
        }
    }

    /// <param name="settings">What the worker was told.</param>
    /// <param name="lines">Where its event lines go.</param>
    /// <param name="extend">What a test adds.</param>
    public static WebApplication Build(WorkerSettings settings, LineWriter lines, Action<ElectionBuilder>? extend = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = StartArguments.SettingsStay,
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.AddServiceDefaults();
        builder.AddOutput(settings, lines);
        builder.AddServers(settings);
        builder.AddHealth();

        var election = builder.AddElection(settings.LockName, settings.ApplyTo)
            .UseChosenStore(settings)
            .AddLeaderJob<Migrations>()
            .AddLeaderJob<CacheWarming>()
            .AddLeaderJob<StaleMembers>()
            .AddLeaderJob<Alerts>();
        extend?.Invoke(election);

        var app = builder.Build();
        app.MapDefaultEndpoints();
        app.MapElection();
        app.MapDrills();
        app.MapQuorum();
        return app;
    }
}
