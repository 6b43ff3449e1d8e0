using AspireElection.Stores.Quorum;
using AspireElection.Timing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AspireElection.Benchmarks.Limits.Stands;

/// <summary>A peer of the quorum store with the web server that it cannot do without.</summary>
internal static class VotingPeer
{
    /// <summary>A secret of the benchmark's own processes.</summary>
    private const string Key = "a key for benchmarks alone";

    /// <param name="node">Which of the peers.</param>
    /// <param name="connection"><c>folder;a=http://host:port;b=…</c></param>
    public static async Task<QuorumStore> OpenAsync(string node, string connection)
    {
        var parts = connection.Split(';');
        var peers = parts[1..].Select(p => p.Split('=', 2)).ToDictionary(p => p[0], p => new Uri(p[1]));
        var store = new QuorumStore(
            new QuorumOptions { NodeId = node, Peers = peers, DataDirectory = parts[0], ClusterKey = Key }, BootClock.Instance);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(peers[node].GetLeftPart(UriPartial.Authority));
        var web = builder.Build();
        web.UseWebSockets();
        web.Map("/quorum", async (HttpContext context) =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await store.ServeAsync(socket, context.RequestAborted);
        });
        await web.StartAsync();
        return store;
    }
}
