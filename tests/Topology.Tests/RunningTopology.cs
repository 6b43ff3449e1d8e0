using System.Net.Http.Json;

namespace AspireElection.Topology.Tests;

/// <summary>The whole AppHost, started through Aspire's testing builder: no dashboard, random ports.</summary>
internal sealed class RunningTopology : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
    private readonly Uri shared;

    private RunningTopology(DistributedApplication application)
    {
        Application = application;
        using var client = application.CreateHttpClient("worker");
        shared = client.BaseAddress!;
    }

    public DistributedApplication Application { get; }

    public static async Task<RunningTopology> StartAsync(params string[] args)
    {
        using var limit = new CancellationTokenSource(s_limit);
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(MachineServers.Prefer(args), limit.Token);
        var application = await builder.BuildAsync(limit.Token);
        try
        {
            await application.StartAsync(limit.Token);
            await application.ResourceNotifications.WaitForResourceHealthyAsync("worker", limit.Token);
            return new RunningTopology(application);
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }
    }

    /// <summary>The view of each live replica, once there are so many, all agree on one leader of a term above the given one, and each lists itself.</summary>
    public Task<IReadOnlyList<ElectionView>> AgreeAsync(int replicas, long afterTerm = 0) =>
        Wait.UntilAsync<IReadOnlyList<ElectionView>>($"{replicas} replicas agree on one leader after term {afterTerm}", s_limit, async () =>
        {
            var views = await ViewsAsync();
            var leaders = views.Where(v => v.IsLeader).ToList();
            var agreed = views.Count == replicas
                && leaders is [var leader]
                && leader.Term > afterTerm
                && views.All(v => v.Leader is { } seen && seen.NodeId == leader.NodeId && seen.Term == leader.Term)
                && views.All(v => v.Members.Any(m => m.InstanceId == v.InstanceId));
            return (agreed ? views : null, string.Join(" | ", views));
        });

    public Task<IReadOnlyList<JobView>> JobsAsync(ElectionView replica, string what, Func<IReadOnlyList<JobView>, bool> wanted) =>
        Wait.UntilAsync<IReadOnlyList<JobView>>(what, s_limit, async () =>
        {
            var jobs = await http.GetFromJsonAsync<JobView[]>(new Uri(AddressOf(replica), "/jobs")) ?? [];
            return (wanted(jobs) ? jobs : null, string.Join(" | ", jobs.AsEnumerable()));
        });

    public static string ResourceIdOf(ElectionView replica) => $"worker-{replica.InstanceId}";

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await Application.DisposeAsync();
    }

    private async Task<IReadOnlyList<ElectionView>> ViewsAsync()
    {
        var one = (await http.GetFromJsonAsync<ElectionView[]>(new Uri(shared, "/election")))![0];
        var views = new List<ElectionView>();
        foreach (var member in one.Members.Where(m => m.Address is not null))
        {
            try
            {
                views.Add((await http.GetFromJsonAsync<ElectionView[]>(new Uri(new Uri(member.Address!), "/election")))![0]);
            }
            catch (HttpRequestException)
            {
                // A member that has just died is still listed; it has no view.
            }
        }

        return views;
    }

    private static Uri AddressOf(ElectionView replica) =>
        new(replica.Members.Single(m => m.NodeId == replica.NodeId && m.InstanceId == replica.InstanceId).Address!);
}
