using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using AspireElection.Dashboard.Nodes;
using AspireElection.Stores.Files;
using AspireElection.Timing;
using AspireElection.Workers;

namespace AspireElection.Dashboard;

/// <summary>Who may run a drill from the page, on whom, and what is told of it.</summary>
public sealed class DrillPageTests : IDisposable
{
    private const string PageToken = "the page's own token";
    private const string WorkersToken = "the workers' own token";
    private const string NoDrill = "Drills <span class=\"count\">";

    private readonly LockFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_resign_through_the_page_moves_the_seat_of_real_processes_and_is_listed_with_its_failover()
    {
        await using var first = StartWorker("n1");
        await WorkerInProcess.UntilAsync(() => Task.FromResult(first.BecameLeader), "the first leads");
        await using var second = StartWorker("n2");
        await using var dashboard = await StartAsync();
        await dashboard.PageAsync("All is well: n1 has led", "Members <span class=\"count\">2</span>");
        using var operatorOfAll = new Visitor(dashboard);
        Assert.Equal(HttpStatusCode.SeeOther, await operatorOfAll.OpenAsync(PageToken));

        Assert.Equal(HttpStatusCode.SeeOther, (await operatorOfAll.SendAsync("resign")).Status);
        var page = await dashboard.PageAsync("data-state=\"changed\"", "All is well: n2 has led");

        var result = Regex.Match(page, "n2 leads in term (\\d+)</td>");
        Assert.True(result.Success, page);
        Assert.True(long.Parse(result.Groups[1].Value) > 0);
        Assert.Matches("data-label=\"Failover\"[^>]*>[\\d.]+ (ms|s)</td>", page);
        Assert.Contains("<th role=\"rowheader\" scope=\"row\" class=\"lead-cell\">Resign</th>", page, StringComparison.Ordinal);
        // Its line comes through a pipe, and the page may be quicker.
        await WorkerInProcess.UntilAsync(
            () => Task.FromResult(first.Output.Any(l => l.EndsWith("reason=resigned", StringComparison.Ordinal))), "the first says why it leads no more");

        // A chosen member that does not lead refuses, and says why.
        var member = Regex.Match(await operatorOfAll.PageAsync(), "<option value=\"(n1#[^\"]+)\"").Groups[1].Value;
        Assert.Equal(HttpStatusCode.SeeOther, (await operatorOfAll.SendAsync("pause", member)).Status);
        await dashboard.PageAsync("data-drill=\"2\" data-state=\"refused\"", "refused: it does not lead (409)", "Pause renewals, 5 s");
    }

    [Fact]
    public async Task Who_merely_reaches_the_page_changes_nothing()
    {
        await using var worker = await WorkerInProcess.StartAsync($"--lock-dir {_folder.Path} --node-id n1", $"ELECTION_ADMIN_TOKEN={WorkersToken}");
        await worker.LeadsAsync();
        await using var dashboard = await StartAsync();
        await dashboard.PageAsync("All is well: n1 has led");
        using var operatorOfAll = new Visitor(dashboard);
        await operatorOfAll.OpenAsync(PageToken);
        var field = Regex.Match(await operatorOfAll.PageAsync(), "name=\"__RequestVerificationToken\" value=\"([^\"]+)\"").Groups[1].Value;

        using var stranger = new Visitor(dashboard);
        Assert.DoesNotContain("method=\"post\"", await stranger.PageAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await stranger.SendAsync("resign", token: field)).Status);

        Assert.Equal(HttpStatusCode.Unauthorized, await stranger.OpenAsync("the page's own tokem"));
        Assert.Equal(HttpStatusCode.Unauthorized, await stranger.OpenAsync(""));
        Assert.Equal(HttpStatusCode.Unauthorized, await stranger.OpenAsync(WorkersToken));
        Assert.Empty(stranger.Cookies);
        Assert.Equal(HttpStatusCode.Forbidden, (await stranger.SendAsync("resign", token: field)).Status);

        // The cookie alone is what a page of somebody else on this machine would have the browser send.
        Assert.Equal(HttpStatusCode.BadRequest, (await operatorOfAll.SendAsync("resign", token: "")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await operatorOfAll.SendAsync("resign", token: field[..^4] + "AAAA")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await operatorOfAll.SendAsync("resign", host: "elsewhere.example")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await operatorOfAll.SendAsync("explode")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await operatorOfAll.SendAsync("resign", node: "n1#another life")).Status);
        using var get = await operatorOfAll.Http.GetAsync("/drills?election=leader-election-demo&drill=resign&node=leader");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, get.StatusCode);
        using var foreign = new HttpRequestMessage(HttpMethod.Get, $"/admin?token={PageToken}") { Headers = { Host = "elsewhere.example" } };
        using var refused = await operatorOfAll.Http.SendAsync(foreign);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);

        Assert.DoesNotContain(NoDrill, await dashboard.PageAsync("All is well: n1 has led"), StringComparison.Ordinal);
        Assert.True((await worker.JsonAsync("/election"))[0].GetProperty("isLeader").GetBoolean());
    }

    [Fact]
    public async Task A_form_that_is_sent_twice_is_one_drill_and_leads_back_to_the_range_that_was_shown()
    {
        await using var worker = await WorkerInProcess.StartAsync($"--lock-dir {_folder.Path} --node-id n1 --lease-duration 2s", $"ELECTION_ADMIN_TOKEN={WorkersToken}");
        await worker.LeadsAsync();
        await using var dashboard = await StartAsync();
        await dashboard.PageAsync("All is well: n1 has led");
        using var visitor = new Visitor(dashboard);
        await visitor.OpenAsync(PageToken);
        var form = Visitor.Fields(await visitor.Http.GetStringAsync("/?range=24h"), "resign");

        var answers = await Task.WhenAll(visitor.SendAsync(form), visitor.SendAsync(form));
        Assert.All(answers, a => Assert.Equal((HttpStatusCode.SeeOther, "/?range=24h#drills"), (a.StatusCode, a.Headers.Location!.OriginalString)));
        await dashboard.PageAsync(NoDrill + "1<", "data-drill=\"1\" data-state=\"changed\"");

        // The page that it leads to has another form.
        Assert.Equal(HttpStatusCode.SeeOther, (await visitor.SendAsync("resign")).Status);
        await dashboard.PageAsync(NoDrill + "2<");
        form["number"] = "";
        using var numberless = await visitor.SendAsync(form);
        Assert.Equal(HttpStatusCode.BadRequest, numberless.StatusCode);
    }

    [Fact]
    public async Task Who_is_refused_is_led_back_to_the_page()
    {
        await using var dashboard = await StartAsync();
        using var visitor = new Visitor(dashboard);
        Assert.Contains("<h1>Drills need the admin link of this dashboard.</h1>", (await visitor.SendAsync("resign")).Text, StringComparison.Ordinal);
        using var wrong = await visitor.Http.GetAsync("/admin?token=another");
        Assert.Contains("href=\"/\">Back to the page</a>", await wrong.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        await visitor.OpenAsync(PageToken);
        using var gone = await visitor.SendAsync(Visitor.Fields(await visitor.Http.GetStringAsync("/?range=1m"), "resign", node: "n1#a life before"));
        Assert.Equal((HttpStatusCode.BadRequest, "text/html"), (gone.StatusCode, gone.Content.Headers.ContentType!.MediaType));
        var text = await gone.Content.ReadAsStringAsync();
        Assert.Contains("that is not here any more: load the page again.", text, StringComparison.Ordinal);
        Assert.Contains("href=\"/?range=1m\">Back to the page</a>", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_cookie_is_no_token_and_opens_no_other_dashboard()
    {
        await using var dashboard = await StartAsync();
        using var visitor = new Visitor(dashboard);
        using var answer = await visitor.Http.GetAsync($"/admin?token={PageToken}");
        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Assert.Matches("^election-admin[^=]*=[0-9a-f]{64}; path=/; samesite=lax; httponly$", cookie);
        Assert.Equal("/", answer.Headers.Location!.OriginalString);

        await using var another = await StartAsync();
        using var guest = new Visitor(another);
        var kept = visitor.Cookies[0];
        guest.Keep(new Cookie(kept.Name, kept.Value, "/", "127.0.0.1"));
        Assert.Contains("read-only for you", await guest.PageAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await guest.SendAsync("resign")).Status);
    }

    [Theory]
    [InlineData(null, null, "<code>DASHBOARD_ADMIN_TOKEN and ELECTION_ADMIN_TOKEN</code>")]
    [InlineData(PageToken, null, "without <code>ELECTION_ADMIN_TOKEN</code>")]
    [InlineData(null, WorkersToken, "without <code>DASHBOARD_ADMIN_TOKEN</code>")]
    public async Task Without_its_tokens_the_page_says_which_setting_to_give(string? page, string? workers, string told)
    {
        await using var dashboard = await DashboardInProcess.StartAsync(
            _folder.Path, null, $"DASHBOARD_ADMIN_TOKEN={page}", $"ELECTION_ADMIN_TOKEN={workers}");
        using var visitor = new Visitor(dashboard);
        Assert.Contains(told, await visitor.PageAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, await visitor.OpenAsync(page ?? ""));
        Assert.Empty(visitor.Cookies);
        Assert.Equal(HttpStatusCode.Forbidden, (await visitor.SendAsync("resign")).Status);
    }

    [Fact]
    public async Task Neither_a_page_nor_a_trace_shows_a_token()
    {
        var told = new ConcurrentQueue<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Microsoft.AspNetCore" or "System.Net.Http",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => told.Enqueue($"{activity.DisplayName} {string.Join(' ', activity.TagObjects)}"),
        };
        ActivitySource.AddActivityListener(listener);
        await using var worker = await WorkerInProcess.StartAsync($"--lock-dir {_folder.Path} --node-id n1", $"ELECTION_ADMIN_TOKEN={WorkersToken}");
        await worker.LeadsAsync();
        await using var dashboard = await StartAsync();
        await dashboard.PageAsync("All is well: n1 has led");
        using var visitor = new Visitor(dashboard);
        await visitor.OpenAsync(PageToken);
        await visitor.SendAsync("pause");
        told.Enqueue(await visitor.PageAsync());

        Assert.Contains(told, t => t.Contains("/admin", StringComparison.Ordinal));
        Assert.DoesNotContain(told, Shows);

        static bool Shows(string text) => new[] { PageToken, WorkersToken }.Any(token =>
            text.Contains(token, StringComparison.Ordinal) || text.Contains(Uri.EscapeDataString(token), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_token_of_the_workers_and_a_node_that_has_gone_are_told_in_one_line()
    {
        await using var worker = await WorkerInProcess.StartAsync($"--lock-dir {_folder.Path} --node-id n1 --lease-duration 1m", "ELECTION_ADMIN_TOKEN=one that is another");
        await worker.LeadsAsync();
        await using var dashboard = await StartAsync();
        await dashboard.PageAsync("All is well: n1 has led");
        using var visitor = new Visitor(dashboard);
        await visitor.OpenAsync(PageToken);
        await visitor.SendAsync("resign");
        await dashboard.PageAsync("refused: its ELECTION_ADMIN_TOKEN is another one than this dashboard&#x27;s (401)");

        // What the store names is believed only where this machine's very node answers.
        await using var store = new FileStore(_folder.Path, BootClock.Instance);
        var port = worker.Http.BaseAddress!.Port;
        await JoinAsync("gone", "http://127.0.0.1:9");
        await JoinAsync("away", "http://192.0.2.1:80");
        await JoinAsync("other", $"http://127.0.0.1:{port}");
        await dashboard.PageAsync(">gone</th>", ">away</th>", ">other</th>");
        foreach (var node in new[] { "gone", "away", "other" })
            Assert.Equal(HttpStatusCode.SeeOther, (await visitor.SendAsync("resign", node: $"{node}#1")).Status);
        await dashboard.PageAsync(
            "127.0.0.1:9 refused the connection: nothing was sent",
            "the address http://192.0.2.1:80 is none of this machine: nothing was sent",
            $"at 127.0.0.1:{port} answers another node: nothing was sent");

        Task JoinAsync(string node, string address) => store.HeartbeatAsync(
            new Member("leader-election-demo", new CandidateId(node, "1"), Role.Follower, 0, address, 0), CancellationToken.None).AsTask();
    }

    [Theory]
    [InlineData("http://127.0.0.1:5081", true)]
    [InlineData("http://127.8.9.10:5081/", true)]
    [InlineData("http://localhost:5081", true)]
    [InlineData("https://[::1]:5081", true)]
    [InlineData("http://192.168.0.7:5081", false)]
    [InlineData("http://worker.example:5081", false)]
    [InlineData("http://127.0.0.1.example:5081", false)]
    [InlineData("http://user@127.0.0.1:5081", false)]
    [InlineData("http://127.0.0.1:5081/elsewhere", false)]
    [InlineData("http://127.0.0.1:5081?for=you", false)]
    [InlineData("ftp://127.0.0.1:5081", false)]
    [InlineData("127.0.0.1:5081", false)]
    [InlineData(null, false)]
    public void Only_this_machine_is_asked(string? address, bool asked) => Assert.Equal(asked, NodeLine.Place(address) is not null);

    private WorkerProcess StartWorker(string node) =>
        new($"--lock-dir {_folder.Path} --node-id {node} --lease-duration 2s", $"ELECTION_ADMIN_TOKEN={WorkersToken}");

    private Task<DashboardInProcess> StartAsync() => DashboardInProcess.StartAsync(
        _folder.Path, null, $"DASHBOARD_ADMIN_TOKEN={PageToken}", $"ELECTION_ADMIN_TOKEN={WorkersToken}");
}
