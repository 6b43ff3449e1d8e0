using AspireElection.Benchmarks.Limits;
using Npgsql;

namespace AspireElection.Benchmarks.Peers;

/// <summary>A long job of pg-boss that one of two workers runs, as people elect with it.</summary>
internal sealed class PgBoss : IPart
{
    public const string Killed = "PostgreSQL: pg-boss 12.35, SIGKILL of the worker (heartbeat 10 s, its least)";

    private const string Resigned = "PostgreSQL: pg-boss 12.35, hand-over (polls every 0.5 s, its least)";

    public string Name => "pg-boss";

    public bool IsQuick => false;

    public TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(20 + Resigns(run) * 2 + Kills(run) * 15);

    public async Task MeasureAsync(Run run)
    {
        var settings = new NpgsqlConnectionStringBuilder((await run.Servers.PostgresAsync()).ConnectionString);
        var (folder, why) = await NodeFolder.PrepareAsync(run.Stop);
        if (folder is null)
        {
            run.CannotMeasure("pg-boss", why);
            return;
        }

        var address = new UriBuilder("postgres", settings.Host!, settings.Port, settings.Database!)
        {
            UserName = Uri.EscapeDataString(settings.Username!),
            Password = Uri.EscapeDataString(settings.Password!),
        };
        var program = folder.Program("pg-boss.mjs", address.Uri.AbsoluteUri) with { Patience = TimeSpan.FromSeconds(30) };
        await using (var relay = new Relay(program) { FromOutside = true, WarmUp = 0 })
        {
            await Interleaved.TogetherAsync(run, Resigns(run), relay);
            run.Add(relay.ToFigure(Resigned));
        }

        await using var kills = new Kills(program) { FromOutside = true, WarmUp = 0 };
        await Interleaved.TogetherAsync(run, Kills(run), kills);
        run.Add(kills.ToFigure(Killed));
    }

    private static int Resigns(Run run) => Math.Min(run.Rounds, 10);

    private static int Kills(Run run) => Math.Min(run.Rounds, 5);
}
