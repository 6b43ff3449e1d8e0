using AspireElection.Stores.Quorum;

namespace AspireElection.Workers.Http;

/// <summary>Where other peers of the quorum store reach this one.</summary>
internal static class QuorumEndpoint
{
    /// <summary>A way on which packets are lost without a word is given up after two of them.</summary>
    private static readonly TimeSpan Probe = TimeSpan.FromSeconds(2);

    public static void MapQuorum(this WebApplication app)
    {
        if (app.Services.GetService<QuorumStore>() is not { } peer)
            return;
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = Probe, KeepAliveTimeout = Probe });
        app.Map("/quorum", async (HttpContext context) =>
        {
            if (!context.WebSockets.IsWebSocketRequest)
            {
                context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
                await context.Response.WriteAsync("peers open a WebSocket here\n");
                return;
            }

            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await peer.ServeAsync(socket, context.RequestAborted);
        });
    }
}
