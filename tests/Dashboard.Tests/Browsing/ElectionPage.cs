using System.Collections.Concurrent;
using System.Text.Json;

namespace AspireElection.Dashboard.Tests.Browsing;

/// <summary>The election page, open in a browser of its own profile. Whatever goes wrong in it while it is open is kept.</summary>
internal sealed class ElectionPage : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private readonly IBrowserContext context;
    private readonly ConcurrentQueue<string> problems = [];

    private ElectionPage(IBrowserContext context, IPage page)
    {
        (this.context, Page) = (context, page);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") problems.Enqueue($"console {message.Type}: {message.Text}");
        };
        page.PageError += (_, error) => problems.Enqueue($"script error: {error}");
        page.RequestFailed += (_, request) => problems.Enqueue($"request failed: {request.Method} {request.Url}: {request.Failure}");
        page.Response += (_, response) =>
        {
            if (response.Status >= 400) problems.Enqueue($"answer {response.Status}: {response.Request.Method} {response.Url}");
        };
    }

    public IPage Page { get; }

    /// <param name="chromium">The browser.</param>
    /// <param name="address">Of the page.</param>
    /// <param name="width">Of the screen, in pixels.</param>
    /// <param name="scheme">Light or dark.</param>
    /// <param name="script">Whether the page's own script runs.</param>
    /// <param name="extra">A script that runs before it.</param>
    public static async Task<ElectionPage> OpenAsync(
        Chromium chromium, Uri address, int width, ColorScheme scheme, bool script, string? extra = null)
    {
        var context = await chromium.NewContextAsync(new BrowserNewContextOptions
        {
            // As high as the page may become: what lies below the fold is looked at, too.
            ViewportSize = new ViewportSize { Width = width, Height = 3000 },
            ColorScheme = scheme,
            JavaScriptEnabled = script,
        });
        try
        {
            context.SetDefaultTimeout((float)s_limit.TotalMilliseconds);
            await context.AddInitScriptAsync(Script.Recorder);
            await context.AddInitScriptAsync(Script.Reader);
            if (extra is not null) await context.AddInitScriptAsync(extra);
            var page = new ElectionPage(context, await context.NewPageAsync());
            await page.Page.GotoAsync(address.ToString());
            return page;
        }
        catch
        {
            await context.CloseAsync();
            throw;
        }
    }

    /// <summary>The first thing shown since <paramref name="since"/> that is as wanted, with the instant at which it began to be.</summary>
    public Task<Shown> UntilShownAsync(string what, Func<Shown, bool> wanted, DateTimeOffset since = default) =>
        Wait.UntilAsync<Shown>(what, s_limit, async () =>
        {
            var seen = await SeenAsync();
            return (seen.FirstOrDefault(s => s.When >= since && wanted(s)), $"the page shows: {seen.LastOrDefault()?.Sentence}");
        });

    /// <summary>What the page shows now, once it is as wanted.</summary>
    public Task<Shown> UntilShowsAsync(string what, Func<Shown, bool> wanted) =>
        Wait.UntilAsync<Shown>(what, s_limit, async () =>
        {
            var last = (await SeenAsync()).LastOrDefault();
            return (last is not null && wanted(last) ? last : null, $"the page shows: {last?.Sentence}");
        });

    public async Task<T> AskAsync<T>(string expression)
    {
        var answer = await Page.EvaluateAsync(expression)
            ?? throw new InvalidOperationException($"The page answers nothing to {expression}.");
        return answer.Deserialize<T>(JsonSerializerOptions.Web)!;
    }

    /// <summary>No error and no warning in the console, no script error, no request that failed or was refused.</summary>
    public void AssertNothingWentWrong() => Findings.AssertNone("the browser complains", problems);

    public async ValueTask DisposeAsync() => await context.CloseAsync();

    private Task<Shown[]> SeenAsync() => AskAsync<Shown[]>("window.seen");
}

/// <summary>
/// What the page showed from an instant on, by the browser's clock: of the timeline and of the drills the newest, and as
/// Board all of its text.
/// </summary>
internal sealed record Shown(
    long At, string Leader, long Term, string Condition, string Sentence, string Transition, string Drill, string Board)
{
    public DateTimeOffset When => DateTimeOffset.FromUnixTimeMilliseconds(At);
}
