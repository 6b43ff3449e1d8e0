using Npgsql;

namespace AspireElection.Topology.Tests;

public sealed class LeaderElectionTests
{
    [Theory]
    [InlineData("redis")]
    [InlineData("postgres")]
    [InlineData("etcd")]
    public async Task Three_replicas_elect_one_leader_and_migrate_once_and_another_leads_after_a_stop(string store)
    {
        await using var topology = await RunningTopology.StartAsync("--store", store);

        var before = await topology.AgreeAsync(replicas: 3);
        var leader = before.Single(v => v.IsLeader);
        Assert.All(before, v => Assert.Equal(store, v.Store));
        var migrated = await MigrationsAsync(topology, before);

        var stop = await topology.Application.ResourceCommands.ExecuteCommandAsync(
            RunningTopology.ResourceIdOf(leader), KnownResourceCommands.StopCommand);
        Assert.True(stop.Success, stop.Message);
        var after = await topology.AgreeAsync(replicas: 2, afterTerm: leader.Term);

        var successor = after.Single(v => v.IsLeader);
        Assert.NotEqual(leader.InstanceId, successor.InstanceId);
        Assert.Equal(migrated, await MigrationsAsync(topology, after));
    }

    [Fact]
    public async Task Replicas_without_a_server_elect_among_themselves_and_a_killed_one_comes_back_as_the_peer_that_it_was()
    {
        await using var topology = await RunningTopology.StartAsync("--store", "quorum");
        var before = await topology.AgreeAsync(replicas: 3);
        var leader = before.Single(v => v.IsLeader);
        Assert.All(before, v => Assert.Equal("quorum", v.Store));
        Assert.Equal(["worker-1", "worker-2", "worker-3"], before.Select(v => v.NodeId).Order());
        Assert.All(await topology.JobsAsync(before[0], "jobs are told", all => all.Any(j => j.Job == "migrations" && j.State.StartsWith("skipped", StringComparison.Ordinal))),
            j => Assert.Null(j.LastError));

        LinuxProcess.Kill(LinuxProcess.With($"OTEL_RESOURCE_ATTRIBUTES=service.instance.id={leader.InstanceId}"));
        // It may be back before anybody looks; it neither votes nor stands for a lease then, so another one leads.
        var restarted = await topology.AgreeAsync(replicas: 3, afterTerm: leader.Term);
        Assert.NotEqual(leader.NodeId, restarted.Single(v => v.IsLeader).NodeId);
        Assert.Contains(restarted, v => v.NodeId == leader.NodeId);
    }

    [Fact]
    public async Task An_exited_worker_is_started_again_after_five_seconds()
    {
        await using var topology = await RunningTopology.StartAsync("--store", "file");
        var victim = (await topology.AgreeAsync(replicas: 3)).First(v => !v.IsLeader);
        var id = RunningTopology.ResourceIdOf(victim);

        var exited = WaitForStateAsync(topology, id, s => KnownResourceStates.TerminalStates.Contains(s));
        LinuxProcess.Kill(LinuxProcess.With($"OTEL_RESOURCE_ATTRIBUTES=service.instance.id={victim.InstanceId}"));
        await exited;
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await WaitForStateAsync(topology, id, s => s == KnownResourceStates.Running);

        Assert.InRange(watch.Elapsed.TotalSeconds, 4, 12);
        await topology.AgreeAsync(replicas: 3);
    }

    private static Task<ResourceEvent> WaitForStateAsync(RunningTopology topology, string id, Func<string, bool> wanted) =>
        topology.Application.ResourceNotifications
            // By the name of them all: Aspire knows no replica by its id here.
            .WaitForResourceAsync("worker", e => e.ResourceId == id && e.Snapshot.State?.Text is { } state && wanted(state))
            .WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>What the database says was applied, and by which term; each replica must report one run in the whole cluster.</summary>
    private static async Task<string[]> MigrationsAsync(RunningTopology topology, IReadOnlyList<ElectionView> replicas)
    {
        foreach (var replica in replicas)
        {
            var jobs = await topology.JobsAsync(replica, "migrations have run", all => all.Any(j => j is { Job: "migrations", Runs: > 0 }));
            var migrations = jobs.Single(j => j.Job == "migrations");
            Assert.Equal(1, migrations.Runs);
            Assert.Null(migrations.LastError);
        }

        await using var database = NpgsqlDataSource.Create((await topology.Application.GetConnectionStringAsync("postgres"))!);
        await using var command = database.CreateCommand("SELECT file || ' by term ' || term FROM applied_migrations ORDER BY file");
        await using var reader = await command.ExecuteReaderAsync();
        var applied = new List<string>();
        while (await reader.ReadAsync()) applied.Add(reader.GetString(0));
        Assert.NotEmpty(applied);
        return [.. applied];
    }
}
