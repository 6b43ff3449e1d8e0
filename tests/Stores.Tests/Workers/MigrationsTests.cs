using AspireElection.Hosting;
using AspireElection.Jobs;
using AspireElection.Stores.Files;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;
using AspireElection.Workers.Jobs;
using AspireElection.Workers.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace AspireElection.Workers;

/// <summary>Migrations that fail or were changed, on a real database.</summary>
public sealed class MigrationsTests(PostgresServer postgres) : IClassFixture<PostgresServer>
{
    private static readonly Migration Sound = new("0001_good.sql", "CREATE TABLE good (id int); INSERT INTO good VALUES (1)");

    [Fact]
    public async Task A_failing_one_leaves_no_half_of_it_and_the_next_leader_retries_it()
    {
        using var folder = new LockFolder();
        var broken = new Migration("0002_next.sql", "CREATE TABLE half (id int); SELECT nothing FROM nowhere");
        var failed = await LeadAsync(folder, "retried", [Sound, broken]);
        Assert.Equal("failed", failed.State);
        Assert.Equal("0002_next.sql: relation \"nowhere\" does not exist (42P01)", failed.LastError);
        Assert.Equal(1L, await postgres.QueryAsync("SELECT count(*) FROM good"));
        Assert.Equal(DBNull.Value, await postgres.QueryAsync("SELECT to_regclass('half')::text"));

        var done = await LeadAsync(folder, "retried", [Sound, broken with { Sql = "CREATE TABLE half (id int)" }]);
        Assert.Equal("done", done.State);
        Assert.Null(done.LastError);
        Assert.Equal(2, done.Runs);
        Assert.True(done.LastTerm > failed.LastTerm);
        Assert.Equal(1L, await postgres.QueryAsync("SELECT count(*) FROM good"));
        Assert.Equal("half", await postgres.QueryAsync("SELECT to_regclass('half')::text"));
    }

    [Fact]
    public async Task One_that_was_changed_after_it_had_been_applied_is_refused()
    {
        using var folder = new LockFolder();
        var file = new Migration("0100_changed.sql", "CREATE TABLE changed (id int)");
        Assert.Equal("done", (await LeadAsync(folder, "changed", [file])).State);
        var refused = await LeadAsync(folder, "changed", [file with { Sql = "CREATE TABLE other (id int)" }]);
        Assert.Equal("failed", refused.State);
        Assert.StartsWith("0100_changed.sql was changed after it had been applied", refused.LastError, StringComparison.Ordinal);
        Assert.Equal(DBNull.Value, await postgres.QueryAsync("SELECT to_regclass('other')::text"));
    }

    /// <summary>One node leads until the job has ended.</summary>
    private async Task<JobState> LeadAsync(LockFolder folder, string election, IReadOnlyList<Migration> files)
    {
        var (settings, _, _) = SettingsReader.Read(["--store", "memory", "--lock-name", election], _ => null, _ => null);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging();
        builder.Services.AddSingleton(settings!);
        builder.Services.AddSingleton(files);
        builder.Services.AddSingleton(NpgsqlDataSource.Create(postgres.ConnectionString));
        builder.AddElection(election, settings!.ApplyTo).UseStore(_ => new FileStore(folder.Path, BootClock.Instance)).AddLeaderJob<Migrations>();
        await using var store = new FileStore(folder.Path, BootClock.Instance);
        var before = (await JobState.ReadAllAsync(store, election, default)).SingleOrDefault()?.LastTerm ?? 0;
        using var host = builder.Build();
        await host.StartAsync();
        JobState? state = null;
        await WorkerInProcess.UntilAsync(
            async () =>
            {
                state = (await JobState.ReadAllAsync(store, election, default)).SingleOrDefault();
                return state is { State: "done" or "failed" } && state.LastTerm > before;
            },
            "the migrations end");
        Assert.True(state!.State == "failed" || state.DoneVersion == Migration.VersionOf(files));
        await host.StopAsync();
        return state;
    }
}
