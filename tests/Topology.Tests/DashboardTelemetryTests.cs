using System.Net.Http.Json;
using System.Reflection;
using System.Text.Json;

namespace AspireElection.Topology.Tests;

/// <summary>Asks the real Aspire dashboard what the workers have sent it.</summary>
[Collection(nameof(DashboardHost))]
public sealed class DashboardTelemetryTests(DashboardHost host)
{
    [Fact]
    public async Task The_dashboard_has_logs_traces_and_metrics_of_every_worker()
    {
        using var http = new HttpClient { BaseAddress = host.Dashboard, Timeout = TimeSpan.FromSeconds(5) };

        await VisitEachReplicaAsync(http, host.Worker);

        await AskAsync(http, "api/telemetry/resources", "three workers with logs, traces and metrics", resources =>
            resources.EnumerateArray().Count(r => r.GetProperty("name").GetString() == "worker"
                && r.GetProperty("hasLogs").GetBoolean()
                && r.GetProperty("hasTraces").GetBoolean()
                && r.GetProperty("hasMetrics").GetBoolean()) == 3);
        await AskAsync(http, "api/telemetry/traces", "a trace of the election", traces =>
            traces.GetRawText().Contains("\"AspireElection\"", StringComparison.Ordinal));
        await AskAsync(http, "api/telemetry/logs", "a log record of the election", logs =>
            logs.GetRawText().Contains("AspireElection", StringComparison.Ordinal));
    }

    /// <summary>Aspire starts the workers by a tool that asks the environment where their outputs are.</summary>
    [Fact]
    public void Workers_are_told_which_side_of_Aspire_their_AppHost_was_built_on()
    {
        var built = typeof(Projects.AppHost).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(m => m.Key == "AspirePackages").Value;
        var chosen = Environment.GetEnvironmentVariable("AspirePackages") is { Length: > 0 } given ? given : built;
        Assert.Equal(chosen, LinuxProcess.VariableOf(host.Process.Processes, "AspirePackages"));
    }

    /// <summary>A follower does little that would be a trace until someone asks it something.</summary>
    private static Task<string> VisitEachReplicaAsync(HttpClient http, Uri worker) =>
        Wait.UntilAsync<string>("three members that answer", TimeSpan.FromSeconds(60), async () =>
        {
            var view = (await http.GetFromJsonAsync<ElectionView[]>(new Uri(worker, "/election")))![0];
            foreach (var member in view.Members) await http.GetStringAsync(new Uri(new Uri(member.Address!), "/"));
            return (view.Members.Length == 3 ? "visited" : null, view.ToString());
        });

    private static Task<string> AskAsync(HttpClient http, string path, string what, Func<JsonElement, bool> wanted) =>
        Wait.UntilAsync<string>(what, TimeSpan.FromSeconds(60), async () =>
        {
            var text = await http.GetStringAsync(new Uri(path, UriKind.Relative));
            using var json = JsonDocument.Parse(text);
            return (wanted(json.RootElement) ? text : null, text[..Math.Min(text.Length, 500)]);
        });
}
