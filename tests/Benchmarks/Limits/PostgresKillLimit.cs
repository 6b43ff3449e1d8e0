using AspireElection.Benchmarks.Limits.Stands;
using AspireElection.Benchmarks.Peers;
using AspireElection.Benchmarks.Report;
using AspireElection.Benchmarks.Rounds;

namespace AspireElection.Benchmarks.Limits;

/// <summary>
/// How soon the next leads on PostgreSQL after a SIGKILL, of candidates and of whole workers, beside a session that does nothing but
/// wait for the lock, held by a bare process or by one as large as a worker.
/// </summary>
internal sealed class PostgresKillLimit : IPart
{
    private const string Bare = "PostgreSQL: bare advisory lock, SIGKILL";
    private const string BareInWeb = "PostgreSQL: bare advisory lock, SIGKILL of a web process that holds it";

    public string Name => "postgres-kill-limit";

    public bool IsQuick => true;

    public TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(6 + Rounds(run) * (run.Quick ? 1 : 2.8));

    /// <summary>
    /// What is asked of whole workers is asked beside the bare process. A large one lives on for some milliseconds, with its
    /// connections, while the system takes its memory back: so the other peer is told as well.
    /// </summary>
    public static Figure OfWorkers(Figure figure) => figure with { Peer = Bare, RatioLimit = 2, Beside = [BareInWeb, PgBoss.Killed] };

    public async Task MeasureAsync(Run run)
    {
        var connection = (await run.Servers.PostgresAsync()).ConnectionString;
        await using var own = new Kills(StandProgram.Of("election", "postgres", connection));
        await using var limit = new Kills(Stand("bare", "bare"));
        await using var web = new Kills(Stand("bare", "web"), killed: Stand("web", "web"));
        await using var workers = new WorkerKills("postgres", Series.Middle, run);
        // Starting the processes takes longest: the quick run has no time for the others.
        await Interleaved.ByTurnsAsync(run, Rounds(run), run.Quick ? [own, limit] : [own, limit, web, workers]);
        run.Add(limit.ToFigure(Bare));
        run.Add(own.ToFigure("PostgreSQL: SIGKILL of a candidate") with { Peer = Bare, RatioLimit = 2, Beside = [PgBoss.Killed] });
        if (run.Quick)
            return;
        run.Add(web.ToFigure(BareInWeb));
        run.Add(OfWorkers(workers.ToFigure("PostgreSQL: SIGKILL to next leader, 2 s lease")));

        StandProgram Stand(string kind, string seat) => StandProgram.Of(kind, "postgres", connection, seat);
    }

    private static int Rounds(Run run) => run.Quick ? Math.Min(run.Rounds, 15) : run.Rounds;
}
