using AspireElection.Benchmarks.Limits;
using AspireElection.Benchmarks.Limits.Stands;

namespace AspireElection.Benchmarks.Peers;

/// <summary>What people elect with on Redis, beside a candidate with the same lease: 2 s, renewed every third of it.</summary>
internal sealed class RedisElectors : IPart
{
    public const string Killed = "Redis: SIGKILL of a candidate (2 s lease)";

    private const string Redlock = "redlock 4.2 (2 s lease, tries every 200 ms)";
    private const string Polling = "polling SET NX (2 s lease, every second)";

    /// <summary>The figures of theirs that whole workers stand beside.</summary>
    public const string RedlockKilled = $"Redis: {Redlock}, SIGKILL";
    public const string PollingKilled = $"Redis: {Polling}, SIGKILL";

    public string Name => "redis-electors";

    public bool IsQuick => false;

    public TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(10 + Resigns(run) * 2 + Kills(run) * 4);

    public async Task MeasureAsync(Run run)
    {
        var redis = await run.Servers.RedisAsync();
        var (folder, why) = await NodeFolder.PrepareAsync(run.Stop);
        if (folder is null)
            run.CannotMeasure(Redlock, why);
        StandProgram?[] electors =
        [
            StandProgram.Of("election", "redis", redis.ConnectionString),
            StandProgram.Of("polling", "redis", redis.ConnectionString),
            folder?.Program("redlock.mjs", $"redis://:{Uri.EscapeDataString(redis.Password)}@127.0.0.1:{redis.Port}"),
        ];
        await MeasureAsync(run, Resigns(run), "hand-over", "Redis: order to resign to next line, candidates", electors, p => new Relay(p) { FromOutside = true, WarmUp = 1 });
        await MeasureAsync(run, Kills(run), "SIGKILL", Killed, electors, p => new Kills(p) { FromOutside = true, WarmUp = 1 });
    }

    private static async Task MeasureAsync(
        Run run, int rounds, string what, string own, StandProgram?[] electors, Func<StandProgram, Contestant> measure)
    {
        var (polls, locks) = ($"Redis: {Polling}, {what}", $"Redis: {Redlock}, {what}");
        var all = electors.OfType<StandProgram>().Select(measure).ToArray();
        try
        {
            await Interleaved.TogetherAsync(run, rounds, all);
        }
        finally
        {
            foreach (var one in all)
                await one.DisposeAsync();
        }

        run.Add(all[0].ToFigure(own) with { Beside = all.Length > 2 ? [polls, locks] : [polls] });
        run.Add(all[1].ToFigure(polls));
        if (all.Length > 2)
            run.Add(all[2].ToFigure(locks));
    }

    private static int Resigns(Run run) => Math.Min(run.Rounds, 30);

    private static int Kills(Run run) => Math.Min(run.Rounds, 20);
}
