using AspireElection.Hosting;
using AspireElection.Workers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AspireElection.Stores.Quorum;

/// <summary>Peers as a user has them: a web host each, added by <c>UseQuorum</c>.</summary>
public sealed class UseQuorumTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Three_web_hosts_elect_among_themselves_and_the_others_go_on_when_the_leaders_stops()
    {
        using var folder = new LockFolder();
        var peers = Enumerable.Range(1, 3).ToDictionary(n => $"p{n}", _ => new Uri($"http://127.0.0.1:{FreePorts.Next()}"));
        var hosts = peers.Keys.Select(id => Build(id, peers, folder.Path)).ToList();
        try
        {
            await Task.WhenAll(hosts.Select(host => host.StartAsync()));
            var campaigns = hosts.Select(host => host.Services.GetRequiredKeyedService<Candidate>("jobs").CampaignAsync()).ToList();
            var first = await Task.WhenAny(campaigns).WaitAsync(Bound);
            await hosts[campaigns.IndexOf(first)].StopAsync().WaitAsync(Bound);
            var second = await Task.WhenAny(campaigns.Where(c => c != first)).WaitAsync(Bound);
            Assert.True((await second).Token > (await first).Token);
        }
        finally
        {
            foreach (var host in hosts)
                await host.DisposeAsync();
        }
    }

    [Fact]
    public async Task Two_peers_with_one_address_end_the_start()
    {
        using var folder = new LockFolder();
        var peers = new Dictionary<string, Uri> { ["a"] = new("http://h:1"), ["b"] = new("http://H:1/"), ["c"] = new("http://h:2") };
        var builder = WebApplication.CreateSlimBuilder();
        builder.AddElection("jobs").UseQuorum(Options("a", peers, folder.Path));
        await using var app = builder.Build();
        var wrong = await Assert.ThrowsAsync<ArgumentException>(() => app.StartAsync());
        Assert.StartsWith("Peers has the address 'h:1' for 'a' and 'b'; allowed: an address for each", wrong.Message, StringComparison.Ordinal);
    }

    private static WebApplication Build(string id, Dictionary<string, Uri> peers, string folder)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(peers[id].GetLeftPart(UriPartial.Authority));
        builder.Logging.ClearProviders();
        builder.AddElection("jobs", options =>
        {
            options.NodeId = id;
            options.LeaseDuration = TimeSpan.FromSeconds(2);
        }).UseQuorum(Options(id, peers, folder));
        var app = builder.Build();
        var peer = app.Services.GetRequiredService<QuorumStore>();
        app.UseWebSockets();
        app.Map("/quorum", async (HttpContext context) =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await peer.ServeAsync(socket, context.RequestAborted);
        });
        // The web server would wait for the lines of the others.
        app.Lifetime.ApplicationStopping.Register(() => _ = peer.CloseLinesAsync());
        return app;
    }

    private static QuorumOptions Options(string id, Dictionary<string, Uri> peers, string folder) =>
        new() { NodeId = id, Peers = peers, DataDirectory = folder, ClusterKey = "a key for tests alone" };
}
