using System.Globalization;
using System.Threading.Channels;
using AspireElection.Benchmarks.Limits.Stands;
using AspireElection.Benchmarks.Report;
using AspireElection.Benchmarks.Server;
using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Benchmarks.Crowds;

/// <summary>
/// 10, 100 and 1,000 candidates of one election, in two processes: what one hand-over by a resign asks of the server, how
/// long it takes, and how much of a processor all those use who are not concerned.
/// </summary>
/// <remarks>
/// The lease is an hour, so that within the seconds that are counted nobody's turn comes to say that it is still here:
/// what is counted is what the hand-over causes, at once or within the retry period (2 s) over which followers spread
/// what they have to say. Only on PostgreSQL each waiter begins its wait anew every ten seconds, whatever happens, and looks
/// once a minute who holds the lock; these requests are told by the answer that they follow, and not counted. To take off what
/// is asked in the same seconds of the next ten once gave less than nothing, likely because such looks fell into those alone.
/// </remarks>
internal sealed class OneElection : IPart
{
    private const int HandOvers = 5;
    private static readonly TimeSpan Lease = TimeSpan.FromHours(1);
    private static readonly TimeSpan Counted = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan QuietLimit = TimeSpan.FromSeconds(30);

    public string Name => "one-election";

    public bool IsQuick => false;

    public TimeSpan Estimate(Run run) => TimeSpan.FromSeconds(110);

    public async Task MeasureAsync(Run run)
    {
        foreach (var candidates in (int[])[10, 100, 1_000])
        {
            await using var redis = new RedisServer();
            await redis.StartAsync();
            await using var meter = await RedisMeter.OpenAsync(redis, atRest: false, run.Stop);
            await MeasureAsync(run, "Redis", "redis", redis.ConnectionString, meter, candidates);
        }

        await using var postgres = new PostgresServer();
        await postgres.StartAsync();
        // The server counts statements, of which one request has several.
        await using var trips = new LineMeter(postgres, waits: false);
        await MeasureAsync(run, "PostgreSQL", "postgres", trips.ConnectionString + ";Maximum Pool Size=20", trips, 200);
    }

    private static async Task MeasureAsync(Run run, string name, string store, string connection, IMeter meter, int candidates)
    {
        var lines = Channel.CreateUnbounded<string>();
        using var first = await CrowdCommand.StartAsync(store, "a", candidates / 2, Lease, connection, run.Stop, lines);
        using var second = await CrowdCommand.StartAsync(store, "b", candidates / 2, Lease, connection, run.Stop, lines);
        Child[] crowds = [first, second];
        await QuietAsync(meter, run.Stop);
        var handOvers = new List<(double Requests, double Milliseconds, double Cpu)>();
        for (var i = 0; i < HandOvers; i++)
            handOvers.Add(await HandOverAsync(crowds, lines.Reader, meter, run.Stop));

        var what = string.Create(CultureInfo.InvariantCulture, $"{name}, {candidates:N0} candidates: a hand-over");
        run.Add(new Figure($"{what}: requests", "in all", handOvers.ConvertAll(h => h.Requests)) { Limit = store == "redis" ? 10 : null });
        run.Add(new Figure($"{what}: until the next leads", "ms", handOvers.ConvertAll(h => h.Milliseconds)));
        run.Add(new Figure($"{what}: processor time of all candidates", "ms", handOvers.ConvertAll(h => h.Cpu)));
    }

    private static async Task<(double Requests, double Milliseconds, double Cpu)> HandOverAsync(
        Child[] crowds, ChannelReader<string> lines, IMeter meter, CancellationToken stop)
    {
        var cpu = await CpuAsync(crowds, stop);
        var before = await meter.ReadAsync(stop);
        // One of them leads; the other has nothing to do.
        foreach (var crowd in crowds)
            crowd.Order("resign");
        var took = await TookAsync(lines, stop);
        await Task.Delay(Counted, stop);
        var asked = (await meter.ReadAsync(stop) - before).Requests;
        return (asked, took, await CpuAsync(crowds, stop) - cpu);
    }

    /// <summary>Milliseconds between the two stamps, whichever line comes first.</summary>
    private static async Task<double> TookAsync(ChannelReader<string> lines, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Limit);
        long? resigning = null, leads = null;
        while (resigning is null || leads is null)
        {
            var words = (await lines.ReadAsync(limit.Token)).Split(' ');
            if (words[0] == Stamps.Resigning)
                resigning = Whole(words[1]);
            else if (words[0] == Stamps.Leads)
                leads = Whole(words[1]);
        }

        return (leads.Value - resigning.Value) / 1e6;
    }

    private static long Whole(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static async Task<double> CpuAsync(Child[] crowds, CancellationToken stop)
    {
        var sum = 0.0;
        foreach (var crowd in crowds)
        {
            crowd.Order(CrowdCommand.Cpu);
            sum += double.Parse(await crowd.AnswerAsync(CrowdCommand.Cpu + " ", Limit, stop), CultureInfo.InvariantCulture);
        }

        return sum;
    }

    /// <summary>Until those that came last have said all that they had to say.</summary>
    private static async Task QuietAsync(IMeter meter, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(QuietLimit);
        for (var before = (await meter.ReadAsync(limit.Token)).Requests; ;)
        {
            await Task.Delay(Counted, limit.Token);
            var now = (await meter.ReadAsync(limit.Token)).Requests;
            if (now - before <= 1)
                return;
            before = now;
        }
    }
}
