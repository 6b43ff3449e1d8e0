using AspireElection.Timing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AspireElection.Stores.Quorum;

/// <summary>Some peers in this process, each behind a web server of its own on loopback.</summary>
internal sealed class PeersInProcess : IAsyncDisposable
{
    public const string Key = "a key for tests alone";

    private readonly List<WebApplication> _servers = [];

    private readonly Dictionary<string, Uri> _list;

    private PeersInProcess(string folder, Dictionary<string, Uri> list) => (Folder, _list) = (folder, list);

    public string Folder { get; }

    public List<QuorumStore> Stores { get; } = [];

    public static async Task<PeersInProcess> StartAsync(int count, params string[] initial)
    {
        var list = Enumerable.Range(1, count).ToDictionary(n => $"p{n}", _ => new Uri($"http://127.0.0.1:{FreePorts.Next()}"));
        var peers = new PeersInProcess(Directory.CreateTempSubdirectory("quorum-").FullName, list);
        await peers.OpenAsync(initial);
        return peers;
    }

    /// <summary>All end and start again, with what they stored or without.</summary>
    public async Task RestartAsync(bool wiped = false)
    {
        await CloseAsync();
        if (wiped)
            Directory.Delete(Folder, recursive: true);
        await OpenAsync([]);
    }

    public QuorumClient Client() => new(_list, [], Key, BootClock.Instance);

    /// <summary>Somebody who says to be the first peer, from a folder of its own.</summary>
    public QuorumStore Strange(string key = Key, params string[] initial) => new(
        new QuorumOptions
        {
            NodeId = "p1",
            Peers = _list,
            DataDirectory = Path.Combine(Folder, $"strange-{Guid.NewGuid():N}"),
            ClusterKey = key,
            InitialLeaders = initial,
        },
        BootClock.Instance);

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private async Task OpenAsync(string[] initial)
    {
        foreach (var id in _list.Keys)
        {
            var store = new QuorumStore(
                new QuorumOptions { NodeId = id, Peers = _list, DataDirectory = Folder, ClusterKey = Key, InitialLeaders = initial },
                BootClock.Instance);
            Stores.Add(store);
            await ServeAsync(_list[id], store);
        }

        await Task.WhenAll(Stores.Select(ConnectedAsync));
    }

    /// <summary>A line takes its time where all cores are busy with other tests: no fact is about that.</summary>
    private static async Task ConnectedAsync(QuorumStore store)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await store.ListAsync("connected", CancellationToken.None);
                return;
            }
            catch (StoreUnavailableException) when (attempt < 40)
            {
                // Asked again: each answer waits for a while by itself.
            }
        }
    }

    private async Task CloseAsync()
    {
        foreach (var store in Stores)
            await store.DisposeAsync();
        foreach (var server in _servers)
            await server.DisposeAsync();
        Stores.Clear();
        _servers.Clear();
    }

    private async Task ServeAsync(Uri address, QuorumStore store)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(address.GetLeftPart(UriPartial.Authority));
        builder.Logging.ClearProviders();
        var server = builder.Build();
        server.UseWebSockets();
        server.Map("/quorum", async (HttpContext context) =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await store.ServeAsync(socket, context.RequestAborted);
        });
        _servers.Add(server);
        await server.StartAsync();
    }
}
