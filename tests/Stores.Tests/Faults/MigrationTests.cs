using System.Text.Json;
using AspireElection.FaultNodes;
using AspireElection.Faults.Harness;
using AspireElection.Workers;

namespace AspireElection.Faults;

/// <summary>The database restarts, or the leader dies, while one of three migrations runs: each takes effect once.</summary>
[Collection(FaultTestsAlone.Name)]
public sealed class MigrationTests
{
    private const string First = "CREATE TABLE effects (file text NOT NULL); INSERT INTO effects VALUES ('first')";
    private const string Second = "INSERT INTO effects VALUES ('second')";
    private const string Third = "INSERT INTO effects VALUES ('third')";
    private const string Wait = "LOCK TABLE gate";

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public Task The_database_is_killed_in_the_middle() => RunAsync("middle", "database killed");

    [Theory, Trait("Run", "all")]
    [InlineData("before", "database restarted")]
    [InlineData("before", "leader killed")]
    [InlineData("middle", "database restarted")]
    [InlineData("middle", "leader killed")]
    [InlineData("after", "database killed")]
    [InlineData("after", "leader killed")]
    public Task Each_takes_effect_once(string moment, string fault) => RunAsync(moment, fault);

    private static async Task RunAsync(string moment, string fault)
    {
        using var folder = new LockFolder();
        // Where the second is held up, or the third behind the commit of the second.
        await WriteAsync(folder, "0001_first.sql", First);
        await WriteAsync(folder, "0002_second.sql", moment switch { "before" => $"{Wait}; {Second}", "middle" => $"{Second}; {Wait}", _ => Second });
        await WriteAsync(folder, "0003_third.sql", moment == "after" ? $"{Wait}; {Third}" : Third);
        await using var cluster = await Cluster.StartAsync("postgres", Lease, 3, sameId: false, $"{Variables.Migrations}={folder.Path}");
        var ground = (PostgresGround)cluster.Ground;
        await UntilAsync(async () => await ground.AskAsync<long>("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'gate'::regclass") > 0, "a migration waits");

        var leader = await cluster.SettledAsync();
        if (fault == "leader killed")
        {
            leader.Process.Kill();
            await ground.OpenGateAsync();
        }
        else
        {
            if (fault == "database killed")
                ground.Server.Kill();
            await ground.Server.RestartAsync(keepData: true);
        }

        await cluster.RestoreAsync();
        await UntilAsync(async () => await StateAsync(await cluster.SettledAsync()) == "done", "the migrations are done");
        Assert.Equal("first second third", await ground.AskAsync<string>("SELECT string_agg(file, ' ' ORDER BY file) FROM effects"));
        Assert.Equal(3L, await ground.AskAsync<long>("SELECT count(*) FROM applied_migrations"));
        await cluster.CheckJobsAsync();
        Assert.True(cluster.Recording.Complaints() is [], string.Join('\n', cluster.Recording.Complaints()));
    }

    private static Task WriteAsync(LockFolder folder, string file, string sql) => File.WriteAllTextAsync(Path.Combine(folder.Path, file), sql);

    private static async Task<string?> StateAsync(Node leader)
    {
        using var jobs = JsonDocument.Parse(await leader.Process.GetAsync("/jobs"));
        return jobs.RootElement.EnumerateArray().Single(j => j.GetProperty("job").GetString() == "migrations").GetProperty("state").GetString();
    }

    private static async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        for (var end = RunClock.Now + Limit; ; await Task.Delay(20))
        {
            try
            {
                if (await holds())
                    return;
            }
            catch (Exception exception) when (exception is Npgsql.NpgsqlException or HttpRequestException && RunClock.Now < end)
            {
                // The database or the node is not there yet.
            }

            if (RunClock.Now > end)
                Assert.Fail($"Not within {Limit.TotalSeconds:0} s: {what}.");
        }
    }
}
