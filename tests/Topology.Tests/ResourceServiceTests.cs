using System.Net.Http.Json;
using Aspire.Hosting.Offline.Wire;
using Resource = Aspire.Hosting.Offline.Wire.Resource;
using ResourceCommandState = Aspire.Hosting.Offline.Wire.ResourceCommandState;

namespace AspireElection.Topology.Tests;

/// <summary>What the stand-in tells the dashboard, and what the dashboard's commands do. Aspire's own packages are not tested here.</summary>
[Collection(nameof(DashboardHost))]
public sealed class ResourceServiceTests(DashboardHost host) : IDisposable
{
    private readonly ResourceClient client = new(host.Process);

    public void Dispose() => client.Dispose();

    [Fact]
    public async Task Without_the_key_nothing_is_told_and_a_method_that_is_not_offered_says_so()
    {
        Assert.Equal("16", await client.StatusAsync("WatchResources", key: null));
        Assert.Equal("16", await client.StatusAsync("WatchResources", client.Key[..^1] + "x"));
        Assert.Equal("16", await client.StatusAsync("ExecuteResourceCommand", key: ""));
        Assert.Equal("12", await client.StatusAsync("UploadFile", client.Key));
    }

    [Fact]
    public async Task Every_replica_is_told_with_its_state_health_address_relations_and_commands()
    {
        var resources = await client.ResourcesAsync("three healthy workers", all => Workers(all).Count(IsHealthy) == 3);

        Assert.All(Workers(resources), worker =>
        {
            Assert.Equal("Project", worker.ResourceType);
            Assert.Equal("worker", worker.DisplayName);
            Assert.InRange(worker.StartedAt.ToDateTime(), DateTime.UtcNow.AddMinutes(-30), DateTime.UtcNow.AddMinutes(1));
            Assert.Equal(host.Worker.Port, new Uri(Assert.Single(worker.Urls).FullUrl).Port);
            Assert.False(worker.Urls[0].IsInactive);
            Assert.Contains(worker.Relationships, r => r is { ResourceName: "redis", Type: "WaitFor" });
            Assert.Contains(worker.Relationships, r => r is { ResourceName: "redis", Type: "Reference" });
            Assert.Contains(worker.Environment, e => e is { Name: "OTEL_SERVICE_NAME", Value: "worker" });
            Assert.Equal(ResourceCommandState.Enabled, StateOf(worker, "stop"));
            Assert.Equal(ResourceCommandState.Enabled, StateOf(worker, "restart"));
            Assert.Equal(ResourceCommandState.Hidden, StateOf(worker, "start"));
        });
        Assert.Contains(resources.Values, r => r is { DisplayName: "redis", ResourceType: "Executable", State: "Running" });
        Assert.DoesNotContain(resources.Values, r => r.DisplayName == "aspire-dashboard");
    }

    /// <summary>The dashboard masks each variable of the environment, and of the properties those that are marked.</summary>
    [Fact]
    public async Task Secrets_are_only_where_the_dashboard_masks_them_and_the_key_is_in_no_command_line_or_line_of_output()
    {
        var resources = await client.ResourcesAsync("a worker and redis", all => Workers(all).Any() && all.Values.Any(r => r.DisplayName == "redis"));

        var connection = resources.Values.Single(r => r.DisplayName == "redis").Properties.Single(p => p.Name == "resource.connectionString");
        var password = connection.Value.StringValue.Split("password=")[1];
        Assert.Contains(Workers(resources).First().Environment, e => e.Name == "ELECTION_ADMIN_TOKEN" && e.Value == DashboardHost.AdminToken);
        foreach (var shown in resources.Values.Select(r => r.Clone()))
        {
            shown.Environment.Clear();
            foreach (var masked in shown.Properties.Where(p => p.IsSensitive).ToList()) shown.Properties.Remove(masked);
            Assert.DoesNotContain(password, shown.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(DashboardHost.AdminToken, shown.ToString(), StringComparison.Ordinal);
        }

        Assert.DoesNotContain(client.Key, LinuxProcess.Describe(host.Process.Processes), StringComparison.Ordinal);
        Assert.DoesNotContain(host.Process.Lines.Concat(host.Process.Errors), l => l.Contains(client.Key, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_console_lines_of_a_replica_are_numbered_and_tell_standard_error_apart()
    {
        var resources = await client.ResourcesAsync("a worker and postgres", all => Workers(all).Any() && all.Values.Any(r => r.DisplayName == "postgres"));

        var lines = await client.ConsoleAsync(Workers(resources).First().Name, follow: true, l => l.Text.Contains("listening:", StringComparison.Ordinal));
        Assert.Equal(Enumerable.Range(lines[0].LineNumber, lines.Count), lines.Select(l => l.LineNumber));
        Assert.False(lines.First(l => l.Text.Contains("listening:", StringComparison.Ordinal)).IsStdErr);
        Assert.Empty(await client.ConsoleAsync("no-such-instance", follow: true, _ => false));

        var postgres = resources.Values.Single(r => r.DisplayName == "postgres").Name;
        var errors = await client.ConsoleAsync(postgres, follow: true, l => l.Text.Contains("ready to accept", StringComparison.Ordinal));
        Assert.Contains(errors, l => l.IsStdErr);
    }

    [Fact]
    public async Task A_leader_that_is_stopped_by_command_stays_stopped_another_leads_and_a_start_brings_it_back()
    {
        await client.ResourcesAsync("three healthy workers", all => Workers(all).Count(IsHealthy) == 3);
        var before = await ViewAsync("a leader of three", v => v is { Leader: not null, Members.Length: 3 });
        var leader = before.Members.Single(m => m.NodeId == before.Leader!.NodeId);
        var id = $"worker-{leader.InstanceId}";

        var stop = await client.ExecuteAsync(id, "stop");
        Assert.Equal(ResourceCommandResponseKind.Succeeded, stop.Kind);
        var stopped = await client.ResourcesAsync("the leader has ended", all => all.TryGetValue(id, out var r) && r.State == "Finished");
        Assert.Equal(ResourceCommandState.Enabled, StateOf(stopped[id], "start"));
        Assert.Equal(ResourceCommandState.Hidden, StateOf(stopped[id], "stop"));
        Assert.True(stopped[id].Urls[0].IsInactive);
        Assert.True(stopped[id].StoppedAt >= stopped[id].StartedAt);
        var last = await client.ConsoleAsync(id, follow: false, _ => false);
        Assert.NotEmpty(last);
        await ViewAsync("another leads", v => v.Leader is { } other && other.NodeId != leader.NodeId && other.Term > before.Term);

        var start = await client.ExecuteAsync(id, "start");
        Assert.Equal(ResourceCommandResponseKind.Succeeded, start.Kind);
        var started = await client.ResourcesAsync("it runs and is healthy", all => all.TryGetValue(id, out var r) && IsHealthy(r));
        Assert.Equal(stopped[id].Urls[0].FullUrl, started[id].Urls[0].FullUrl);
        Assert.True(started[id].StartedAt > stopped[id].StartedAt);
        // A start is told by the kernel's time of boot, which has whole seconds; an end by the wall clock. So a start within a second of
        // the end may be told as before it, on whichever machine booted late in a second.
        Assert.True(started[id].StartedAt.ToDateTime() > stopped[id].StoppedAt.ToDateTime().AddSeconds(-1), $"{started[id].StartedAt} after {stopped[id].StoppedAt}");
        var again = await client.ConsoleAsync(id, follow: true, l => l.LineNumber > last[^1].LineNumber);
        Assert.Equal(last[^1].Text, again.Single(l => l.LineNumber == last[^1].LineNumber).Text);
        await ViewAsync("it is a member again", v => v.Members.Length == 3 && v.Members.Any(m => m.InstanceId == leader.InstanceId));
        Assert.DoesNotContain(host.Process.Lines, l => l.Contains($"{id} exited with", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_the_AppHost_adds_is_told_too_who_leads_a_named_address_and_its_own_commands()
    {
        var resources = await client.ResourcesAsync("three workers, one of them the leader", all => Workers(all).Count(IsHealthy) == 3 && Leaders(all).Count() == 1);

        Assert.Contains(resources.Values.Single(r => r.DisplayName == "dashboard").Urls, u => u.DisplayProperties.DisplayName == "Election");
        Assert.All(Workers(resources), w => Assert.Equal("Resign", w.Commands.Single(c => c.Name == "resign").DisplayName));
        var leader = Leaders(resources).Single();
        var resigned = await client.ExecuteAsync(leader.Name, "resign");
        Assert.Equal((ResourceCommandResponseKind.Succeeded, ""), (resigned.Kind, resigned.Message));
        await client.ResourcesAsync("another leads", all => Leaders(all).Any(r => r.Name != leader.Name));
    }

    [Fact]
    public async Task A_command_that_does_not_exist_fails_with_a_reason()
    {
        var resources = await client.ResourcesAsync("a worker", all => Workers(all).Any());

        var unknown = await client.ExecuteAsync(Workers(resources).First().Name, "explode");
        Assert.Equal(ResourceCommandResponseKind.Failed, unknown.Kind);
        Assert.Contains("'explode' not available", unknown.Message, StringComparison.Ordinal);
        Assert.Equal(ResourceCommandResponseKind.Failed, (await client.ExecuteAsync("no-such-instance", "stop")).Kind);
    }

    private static IEnumerable<Resource> Workers(IReadOnlyDictionary<string, Resource> resources) =>
        resources.Values.Where(r => r.DisplayName == "worker");

    private static IEnumerable<Resource> Leaders(IReadOnlyDictionary<string, Resource> resources) =>
        Workers(resources).Where(w => w.Properties.Any(p => p is { Name: "election.role", IsHighlighted: true, Value.StringValue: "leader" }));

    private static bool IsHealthy(Resource resource) =>
        resource.State == "Running" && resource.HealthReports is [{ HasStatus: true, Status: HealthStatus.Healthy }];

    private static ResourceCommandState StateOf(Resource resource, string command) => resource.Commands.Single(c => c.Name == command).State;

    private async Task<ElectionView> ViewAsync(string what, Func<ElectionView, bool> wanted)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        return await Wait.UntilAsync<ElectionView>(what, TimeSpan.FromSeconds(60), async () =>
        {
            var view = (await http.GetFromJsonAsync<ElectionView[]>(new Uri(host.Worker, "/election")))![0];
            return (wanted(view) ? view : null, view.ToString());
        });
    }
}
