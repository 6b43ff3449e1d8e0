using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace AspireElection.Dashboard.Live;

/// <summary>Sends each new rendering to the pages that are open, as server-sent events.</summary>
internal static class LiveUpdates
{
    public const string Path = "/live";

    private const int MostPages = 200;

    public static void MapLiveUpdates(this WebApplication app) => app.MapGet(Path, Open);

    private static IResult Open(HttpContext http, LiveBoard board, IHostApplicationLifetime lifetime)
    {
        if (board.Looking >= MostPages)
            return Results.Text($"{MostPages} pages are open already; close one.", statusCode: StatusCodes.Status503ServiceUnavailable);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.ServerSentEvents(EventsAsync(board, lifetime.ApplicationStopping, http.RequestAborted));
    }

    /// <summary>Ends when the application stops: an open page must not hold up the stop.</summary>
    private static async IAsyncEnumerable<SseItem<string>> EventsAsync(
        LiveBoard board, CancellationToken stopping, [EnumeratorCancellation] CancellationToken aborted)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stopping, aborted);
        await using var renderings = board.LookAsync(end.Token).GetAsyncEnumerator(end.Token);
        while (await NextAsync(renderings, end.Token))
            yield return new SseItem<string>(renderings.Current, "board");
    }

    private static async Task<bool> NextAsync(IAsyncEnumerator<string> renderings, CancellationToken end)
    {
        try
        {
            return await renderings.MoveNextAsync();
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            return false;
        }
    }
}
