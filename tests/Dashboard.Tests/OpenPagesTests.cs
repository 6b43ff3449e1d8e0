using AspireElection.Dashboard.Tests.Browsing;

namespace AspireElection.Dashboard.Tests;

/// <summary>Pages that are left open: many of them, hidden ones, and one in which somebody reads while it follows.</summary>
[Collection("redis")]
public sealed class OpenPagesTests(RedisRun run)
{
    private const int Connections = 6;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Pages_that_nobody_sees_keep_no_other_from_loading_and_look_from_time_to_time()
    {
        await run.AgreeAsync();
        await using var first = await run.OpenAsync();
        var pages = new List<IPage> { first.Page };
        while (pages.Count < Connections)
        {
            pages.Add(await first.Page.Context.NewPageAsync());
            await pages[^1].GotoAsync(run.Page.ToString());
        }

        foreach (var page in pages) await FollowsAsync(page);
        foreach (var page in pages) await HideAsync(page, true);
        var another = await first.Page.Context.NewPageAsync();
        await another.GotoAsync(run.Page.ToString());
        await FollowsAsync(another);

        // Its title and icon tell of the election, so it does not merely stop.
        await UntilAsync("a look after a rest", seen => seen.Zip(seen.Skip(1)).Any(s => s.Second.At - s.First.At > 8_000));
        await HideAsync(first.Page, false);
        var shown = DateTimeOffset.UtcNow;
        await UntilAsync("it follows again", seen => seen.Where(s => s.When > shown).Take(4).ToList() is { Count: 4 } four && four[3].At - four[0].At < 8_000);

        Task<string> UntilAsync(string what, Func<Shown[], bool> wanted) => Wait.UntilAsync<string>(what, s_limit, async () =>
        {
            var seen = await first.AskAsync<Shown[]>("window.seen");
            return (wanted(seen) ? "yes" : null, $"{seen.Length} renderings, the last ones at {string.Join(", ", seen.TakeLast(4).Select(s => s.When.ToString("HH:mm:ss.fff", null)))}");
        });
    }

    [Fact]
    public async Task A_page_too_many_is_told_so_and_follows_once_there_is_room()
    {
        await run.AgreeAsync();
        using var http = new HttpClient { Timeout = s_limit };
        var others = new List<HttpResponseMessage>();
        try
        {
            do others.Add(await http.GetAsync(new Uri(run.Page, "/live"), HttpCompletionOption.ResponseHeadersRead));
            while (others[^1].IsSuccessStatusCode && others.Count <= 200);

            Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, others[^1].StatusCode);
            await using var page = await run.OpenAsync();
            await AspireRun.Expect(page.Page.Locator("#gone")).ToContainTextAsync("200 pages are open already; close one. What you see is of ");
            Assert.Equal("? not followed any more", await page.Page.TitleAsync());

            others.ForEach(o => o.Dispose());
            await FollowsAsync(page.Page);
            await AspireRun.Expect(page.Page.Locator("#gone")).ToBeHiddenAsync();
        }
        finally
        {
            others.ForEach(o => o.Dispose());
        }
    }

    [Fact]
    public async Task An_error_that_somebody_reads_stays_open_and_in_focus_while_rows_come_and_go()
    {
        await run.AgreeAsync();
        await using var page = await run.OpenAsync(extra: Script.SilentStream);
        await page.Page.EvaluateAsync("""
            () => {
              const error = job => `<tr role="row" class="error" id="${job.id.replace("job-", "error-")}"><td role="cell" colspan="8"><details><summary>error</summary><pre>it</pre></details></td></tr>`;
              const jobs = root => [...root.querySelectorAll('tr[id^="job-"]')];
              window.fail = (board, place) => jobs(board).at(place).insertAdjacentHTML("afterend", error(jobs(board).at(place)));
              window.mend = (board, place) => jobs(board).at(place).nextElementSibling.remove();
              render(board => { fail(board, 0); fail(board, 1); fail(board, -1); });
              window.read = jobs(document).at(-1).nextElementSibling.querySelector("details");
              read.open = true;
              read.querySelector("summary").focus();
            }
            """);
        foreach (var change in new[] { "mend(board, 0)", "fail(board, 0)", "mend(board, 1)", "board.querySelector('.known').insertAdjacentHTML('beforebegin', '<div class=trouble><p>away</p></div>')", "board.querySelector('.trouble').remove()" })
        {
            await page.Page.EvaluateAsync($"() => render(board => {{ {change}; }})");
            Assert.Equal("shown, open, in focus", await page.AskAsync<string>(
                "[read.isConnected && 'shown', read.open && 'open', document.activeElement === read.querySelector('summary') && 'in focus'].join(', ')"));
        }

        Assert.Equal(2, await page.Page.Locator("tr.error").CountAsync());
        page.AssertNothingWentWrong();
    }

    [Fact]
    public async Task The_admin_link_opens_the_drills_from_another_site_too()
    {
        await using var page = await run.OpenAsync();
        await page.Page.RouteAsync("http://elsewhere.example/", r => r.FulfillAsync(new RouteFulfillOptions
        {
            ContentType = "text/html",
            Body = $"<a href=\"{run.AdminLink}\">the drills</a>",
        }));
        await page.Page.GotoAsync("http://elsewhere.example/");
        await page.Page.GetByRole(AriaRole.Link).ClickAsync();
        await AspireRun.Expect(page.Page.GetByRole(AriaRole.Button, new() { Name = "Kill the process" })).ToBeVisibleAsync();
    }

    private static Task FollowsAsync(IPage page) => AspireRun.Expect(page.Locator("#link-text")).ToHaveTextAsync("live");

    /// <summary>As when another tab is chosen, or this one again: this browser has no tabs, and shows each page.</summary>
    private static async Task HideAsync(IPage page, bool hidden) => await page.EvaluateAsync($$"""
        () => {
          Object.defineProperty(document, "hidden", { configurable: true, get: () => {{(hidden ? "true" : "false")}} });
          document.dispatchEvent(new Event("visibilitychange"));
        }
        """);
}
