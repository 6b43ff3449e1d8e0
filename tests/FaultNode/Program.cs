using System.Globalization;
using AspireElection.FaultNodes.Registers;
using AspireElection.Hosting;
using AspireElection.Workers;
using AspireElection.Workers.Output;
using AspireElection.Workers.Settings;
using Microsoft.Extensions.DependencyInjection;

namespace AspireElection.FaultNodes;

/// <summary>
/// A worker for the tests of faults: the very same program, with jobs beside its own that write without a pause, and
/// with a way to starve it. Told "crowd" it hosts many candidates instead, and told "leaders" it leads many elections.
/// </summary>
internal static class Program
{
    public static async Task<int> Main(string[] arguments)
    {
        Owner.Watch();
        if (arguments is [Crowd.Word, .. var rest])
            return await Crowd.RunAsync(rest);
        if (arguments is [Leaders.Word, .. var many])
            return await Leaders.RunAsync(many);
        if (SettingsOfProcess.Read(arguments, out var exitCode) is not { } settings)
            return exitCode;
        await using var output = Console.OpenStandardOutput();
        using var lines = new LineWriter(output);
        var app = Workers.Program.Build(settings, lines, AddJobs);
        Starvation.Map(app);
        WritingJob.MapDrain(app);
        return await app.RunToEndAsync(settings);
    }

    private static void AddJobs(ElectionBuilder election)
    {
        if (Environment.GetEnvironmentVariable(Variables.LockSessions) is { } sessions)
            election.UsePostgres(lockSessions: int.Parse(sessions, CultureInfo.InvariantCulture));
        if (Environment.GetEnvironmentVariable(Variables.Migrations) is { } folder)
            election.Services.AddSingleton(SlowMigrations.Read(folder));
        election.Services.AddSingleton(services => IRegister.Open(
            Environment.GetEnvironmentVariable(Variables.Register), services.GetRequiredKeyedService<IElectionStore>(election.Election)));
        election.AddLeaderJob<OnceJob>().AddLeaderJob<WritingJob>();
    }
}
