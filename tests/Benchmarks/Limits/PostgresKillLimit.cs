using AspireElection.Benchmarks.Limits.Stands;
using AspireElection.Benchmarks.Peers;

namespace AspireElection.Benchmarks.Limits;

/// <summary>How soon the next leads on PostgreSQL after a SIGKILL, beside a session that does nothing but wait for the lock.</summary>
internal sealed class PostgresKillLimit : IPart
{
    public string Name => "postgres-kill-limit";

    public bool IsQuick => true;

    public TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(6 + Rounds(run));

    public async Task MeasureAsync(Run run)
    {
        var connection = (await run.Servers.PostgresAsync()).ConnectionString;
        await using var own = new Kills(StandProgram.Of("election", "postgres", connection));
        await using var limit = new Kills(Bare("bare", "bare"));
        await using var web = new Kills(Bare("bare", "web"), killed: Bare("web", "web"));
        // Starting the processes takes longest: the quick run has no time for the third.
        await Interleaved.ByTurnsAsync(run, Rounds(run), run.Quick ? [own, limit] : [own, limit, web]);
        const string peer = "PostgreSQL: bare advisory lock, SIGKILL";
        run.Add(limit.ToFigure(peer));
        run.Add(own.ToFigure("PostgreSQL: SIGKILL of a candidate") with { Peer = peer, RatioLimit = 2, Beside = [PgBoss.Killed] });
        // A larger process lives on for some milliseconds, with its connections, while the system takes its memory back.
        if (!run.Quick)
            run.Add(web.ToFigure("PostgreSQL: bare advisory lock, SIGKILL of a web process that holds it"));

        StandProgram Bare(string kind, string seat) => StandProgram.Of(kind, "postgres", connection, seat);
    }

    private static int Rounds(Run run) => run.Quick ? Math.Min(run.Rounds, 15) : run.Rounds;
}
