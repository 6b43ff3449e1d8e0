using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using AspireElection.Dashboard.Timeline;

namespace AspireElection.Dashboard.Live;

/// <summary>Sends each new rendering to the pages that are open, as server-sent events.</summary>
internal static class LiveUpdates
{
    public const string Path = "/live";

    private const int MostPages = 200;

    public static void MapLiveUpdates(this WebApplication app) => app.MapGet(Path, Open);

    private static IResult Open(HttpContext http, LiveBoards boards, IHostApplicationLifetime lifetime)
    {
        if (TimelineRange.Named(http.Request.Query["range"]) is not { } range)
            return Results.Text($"range: one of {string.Join(", ", TimelineRange.All.Select(r => r.Name))}", statusCode: StatusCodes.Status400BadRequest);
        if (boards.Looking >= MostPages)
            return Results.Text($"{MostPages} pages are open already; close one.", statusCode: StatusCodes.Status503ServiceUnavailable);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.ServerSentEvents(EventsAsync(boards[range], lifetime.ApplicationStopping, http.RequestAborted));
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
