using System.Net;
using System.Net.ServerSentEvents;
using AspireElection.History;
using AspireElection.Stores.Files;
using AspireElection.Stores.InProcess;
using AspireElection.Tests.Simulation;
using AspireElection.Timing;
using AspireElection.Workers;

namespace AspireElection.Dashboard;

/// <summary>The timeline, a moment of the past and an incident, as the page hands them out over a real store.</summary>
public sealed class TimelinePageTests
{
    private const string Election = "leader-election-demo";

    [Fact]
    public async Task The_timeline_outlives_the_dashboard_and_shows_transitions_gaps_and_the_last_failover()
    {
        using var folder = new LockFolder();
        await using var store = new FileStore(folder.Path, BootClock.Instance);
        var (first, second) = await HandOverAsync(store);
        for (var run = 0; run < 2; run++)
        {
            await using var dashboard = await DashboardInProcess.StartAsync(folder.Path);
            var page = await dashboard.PageAsync(
                "node-1 resigned; node-2 led 12 ms later", "<p>node-1 resigned; node-2 led 12 ms later.</p>", "<b>drain</b> <span>3.2 ms</span>",
                "class=\"gap-text", ">12 ms</text>", "class=\"box n0\"", "class=\"box n1\"", "last failover 12 ms, graceful", "<b>not known</b>");
            Assert.Contains($"?election={Election}&amp;term={second.Token}", page, StringComparison.Ordinal);
            Assert.Contains($"nobody led for 12 ms", page, StringComparison.Ordinal);
            Assert.Contains("aria-current=\"true\">15 min</a>", page, StringComparison.Ordinal);
            Assert.Contains("aria-current=\"true\">24 h</a>", await dashboard.Http.GetStringAsync("/?range=24h"), StringComparison.Ordinal);
            Assert.DoesNotContain("style=", page, StringComparison.Ordinal);
        }

        Assert.True(first.Token < second.Token);
    }

    [Fact]
    public async Task A_new_leader_is_in_the_live_lane_of_each_range_with_its_entry()
    {
        using var folder = new LockFolder();
        await using var store = new InProcessStore(BootClock.Instance);
        await using var dashboard = await DashboardInProcess.StartAsync(folder.Path, store);
        await dashboard.PageAsync("No worker takes part");
        foreach (var (range, node) in new[] { ("1m", "n1"), ("15m", "n2"), ("24h", "n3") })
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            await using var live = await dashboard.Http.GetStreamAsync($"/live?range={range}", limit.Token);
            await using var boards = SseParser.Create(live).EnumerateAsync(limit.Token).GetAsyncEnumerator(limit.Token);
            var term = await LeadAsync(store, node);
            await UntilAsync(boards, $"<title>{node} led in term {term.Token}");
            // Entries follow the change that they tell of.
            await WriteAsync(store, term, new Transition { Term = term.Token, Node = node, At = DateTimeOffset.UtcNow, Reason = "expired", PreviousNode = "gone", LeaderlessMs = 40 });
            await UntilAsync(boards, $"gone fell silent and its lease ran out; {node} led 40 ms later");
            await store.ReleaseAsync(term, limit.Token);
            await UntilAsync(boards, "nobody has led since");
        }

        Assert.Equal(HttpStatusCode.BadRequest, (await dashboard.Http.GetAsync(new Uri("/live?range=2h", UriKind.Relative))).StatusCode);
    }

    [Fact]
    public async Task A_moment_of_the_past_has_an_address()
    {
        using var folder = new LockFolder();
        await using var store = new InProcessStore(BootClock.Instance);
        var (first, second) = await HandOverAsync(store);
        await using var dashboard = await DashboardInProcess.StartAsync(folder.Path, store);
        await dashboard.PageAsync("node-1 resigned; node-2 led 12 ms later");

        var history = await Transition.ReadAllAsync(store, Election, CancellationToken.None);
        var then = await dashboard.Http.GetStringAsync(Path(history[0].At.AddSeconds(20)));
        Assert.Contains($"node-1 led {Election} in term {first.Token}, since", then, StringComparison.Ordinal);
        Assert.Contains("Then nobody led for 12 ms: node-1 resigned.", then, StringComparison.Ordinal);
        Assert.Contains("<a href=\"/?range=1m\">back to now</a>", then, StringComparison.Ordinal);
        Assert.Contains("data-still=\"true\"", then, StringComparison.Ordinal);
        Assert.Contains("class=\"at\"", then, StringComparison.Ordinal);
        // The link of the list leads to the term that it tells of.
        var link = then.Split("class=\"when\" href=\"")[1].Split('"')[0].Replace("&amp;", "&", StringComparison.Ordinal);
        Assert.Contains($"node-2 led {Election} in term {second.Token}", await dashboard.Http.GetStringAsync(new Uri(link, UriKind.Relative)), StringComparison.Ordinal);
        Assert.Contains("is not known", await dashboard.Http.GetStringAsync(Path(history[0].At.AddDays(-1))), StringComparison.Ordinal);

        using var bad = await dashboard.Http.GetAsync(new Uri("/?at=<b>&range=1m", UriKind.Relative));
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
        var page = await bad.Content.ReadAsStringAsync();
        Assert.Contains("at is &#x27;&lt;b&gt;&#x27;; allowed: a moment such as", page, StringComparison.Ordinal);
        Assert.Contains($"node-2 has led {Election} since", page, StringComparison.Ordinal);

        static Uri Path(DateTimeOffset at) => new($"/?at={at.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}&election={Election}&range=1m", UriKind.Relative);
    }

    [Fact]
    public async Task An_incident_is_handed_out_as_three_lines_of_markdown()
    {
        using var folder = new LockFolder();
        await using var store = new InProcessStore(BootClock.Instance);
        await using var dashboard = await DashboardInProcess.StartAsync(folder.Path, store);
        using (var none = await AskAsync(""))
            Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        var (first, second) = await HandOverAsync(store);
        await dashboard.PageAsync("node-1 resigned; node-2 led 12 ms later");

        using var last = await AskAsync($"?election={Election}");
        Assert.Equal("text/markdown; charset=utf-8", last.Content.Headers.ContentType!.ToString());
        Assert.True(last.Headers.CacheControl!.NoStore);
        var lines = (await last.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.Contains($"node-1 resigned (term {first.Token}); **node-2** leads in term {second.Token}.", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("Nobody led for **12 ms**; reason: resigned", lines[1], StringComparison.Ordinal);
        Assert.Contains($"node-2 has led in term {second.Token} since", lines[2], StringComparison.Ordinal);

        using var named = await AskAsync($"?election={Election}&term={first.Token}");
        Assert.Contains("**node-1** leads", await named.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        foreach (var (query, status) in new[]
            { ("?term=1", HttpStatusCode.NotFound), ("?term=-1", HttpStatusCode.BadRequest), ("?term=x", HttpStatusCode.BadRequest), ("?election=x", HttpStatusCode.NotFound) })
        {
            using var refused = await AskAsync(query);
            Assert.Equal(status, refused.StatusCode);
            Assert.DoesNotContain('\n', await refused.Content.ReadAsStringAsync());
        }

        Task<HttpResponseMessage> AskAsync(string query) => dashboard.Http.GetAsync(new Uri($"/incident.md{query}", UriKind.Relative));
    }

    [Fact]
    public async Task A_history_that_cannot_be_read_is_said_and_hides_no_election_that_is_fine()
    {
        using var folder = new LockFolder();
        await using var kept = new InProcessStore(BootClock.Instance);
        await using var store = new InterceptedStore(kept) { OnReadLog = () => throw new StoreUnavailableException("the log is damaged") };
        await using var node = new Candidate(Election, store, new ElectionOptions { NodeId = "node-1" });
        await node.CampaignAsync();
        await using var dashboard = await DashboardInProcess.StartAsync(folder.Path, store);
        await dashboard.PageAsync("All is well: node-1 has led", "not shown as of now: the log is damaged.");
        using var incident = await dashboard.Http.GetAsync(new Uri($"/incident.md?election={Election}", UriKind.Relative));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, incident.StatusCode);

        store.OnReadLog = null;
        await WorkerInProcess.UntilAsync(
            async () => !(await dashboard.Http.GetStringAsync("/")).Contains("not shown as of now", StringComparison.Ordinal), "the history is read");
    }

    /// <summary>Node-1 led from two minutes ago, resigned a minute ago, and node-2 leads since.</summary>
    private static async Task<(Term First, Term Second)> HandOverAsync(IElectionStore store)
    {
        var first = await LeadAsync(store, "node-1");
        var now = DateTimeOffset.UtcNow;
        await WriteAsync(store, first, new Transition { Term = first.Token, Node = "node-1", At = now.AddMinutes(-2), Reason = "unknown" });
        await store.ReleaseAsync(first, CancellationToken.None);
        var second = await LeadAsync(store, "node-2");
        await WriteAsync(store, second, new Transition
        {
            Term = second.Token,
            Node = "node-2",
            At = now.AddMinutes(-1),
            PreviousTerm = first.Token,
            PreviousNode = "node-1",
            Reason = "resigned",
            LeaderlessMs = 12,
            Steps = [new("drain", 3.2), new("release", 2), new("grant", 10), new("first job", 4)],
        });
        return (first, second);
    }

    private static async Task UntilAsync(IAsyncEnumerator<SseItem<string>> boards, string shown)
    {
        do
            Assert.True(await boards.MoveNextAsync(), $"The events ended before: {shown}");
        while (!boards.Current.Data.Contains(shown, StringComparison.Ordinal));
    }

    private static async Task WriteAsync(IElectionStore store, Term term, Transition transition) =>
        await store.AppendAsync(term, Transition.Log, transition.ToJson(), Transition.Kept, CancellationToken.None);

    private static async Task<Term> LeadAsync(IElectionStore store, string node)
    {
        var grant = await store.AcquireAsync(
            new Candidacy(Election, new CandidateId(node, "1"), TimeSpan.FromMinutes(1)), CancellationToken.None);
        return grant.Term;
    }
}
