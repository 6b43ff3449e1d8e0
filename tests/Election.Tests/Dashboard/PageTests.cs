using System.Diagnostics;
using System.Net;
using System.Net.ServerSentEvents;
using AspireElection.Stores.Files;
using AspireElection.Stores.InProcess;
using AspireElection.Tests.Simulation;
using AspireElection.Timing;
using AspireElection.Workers;

namespace AspireElection.Dashboard;

/// <summary>What the election page shows, without a browser.</summary>
public sealed class PageTests
{
    [Fact]
    public async Task A_led_election_is_shown_with_leader_term_members_and_jobs()
    {
        using var folder = new LockFolder();
        await using var first = await WorkerInProcess.StartAsync($"--lock-dir {folder.Path} --node-id n1 --priority 7");
        await first.LeadsAsync();
        await using var second = await WorkerInProcess.StartAsync($"--lock-dir {folder.Path} --node-id n2 --observer true");
        await using var dashboard = await DashboardInProcess.StartAsync(folder.Path);
        string[] jobs = [">migrations</th>", ">cache-warming</th>", ">stale-members</th>", ">alerts</th>"];
        var page = await dashboard.PageAsync(
            [.. jobs, "All is well: n1 has led leader-election-demo since", "Members <span class=\"count\">2</span>", "data-state=\"skipped\"", "data-state=\"waiting\""]);

        var term = (await first.JsonAsync("/election"))[0].GetProperty("term").GetInt64();
        Assert.Contains($"<dt>Term</dt>\n      <dd><span class=\"value number\">{term}</span>", page, StringComparison.Ordinal);
        Assert.Contains("<span class=\"name\">n1</span>", page, StringComparison.Ordinal);
        Assert.Contains("data-role=\"leader\">leader</span>", page, StringComparison.Ordinal);
        Assert.Contains("data-role=\"other\">observer</span>", page, StringComparison.Ordinal);
        Assert.Contains($"<a href=\"{first.Http.BaseAddress}\"", page, StringComparison.Ordinal);
        Assert.Contains($"file in {folder.Path}", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_is_away_is_told_with_the_last_that_was_known_and_its_return_too()
    {
        using var folder = new LockFolder();
        await using var store = new InterceptedStore(new InProcessStore(BootClock.Instance));
        var term = await LeadAsync(store, "n1");
        await using var dashboard = await DashboardInProcess.StartAsync(folder.Path, store);
        await dashboard.PageAsync("n1 has led leader-election-demo since");

        store.Away = new StoreUnavailableException("The store is not reachable; start it.");
        var page = await dashboard.PageAsync("This page cannot see who leads leader-election-demo", "The store is not reachable; start it.");
        Assert.Contains("What follows is the last that was known, at ", page, StringComparison.Ordinal);
        Assert.Contains("<span class=\"name\">n1</span>", page, StringComparison.Ordinal);
        Assert.Contains($"<span class=\"value number\">{term.Token}</span>", page, StringComparison.Ordinal);
        Assert.Contains("unknown while the store is away", page, StringComparison.Ordinal);

        store.Away = null;
        await dashboard.PageAsync("All is well: n1 has led");
    }

    [Fact]
    public async Task An_election_without_workers_shows_the_command_that_starts_one()
    {
        using var folder = new LockFolder();
        await using var dashboard = await DashboardInProcess.StartAsync(folder.Path);
        await dashboard.PageAsync(
            "No worker takes part in leader-election-demo yet.", "<pre tabindex=\"0\" role=\"group\" aria-label=",
            $"<code>dotnet run --project Workers -- --node-id node-1 --store file --lock-dir {folder.Path}</code>");
    }

    [Fact]
    public async Task A_page_of_somebody_else_is_refused_by_its_host()
    {
        using var folder = new LockFolder();
        await using var dashboard = await DashboardInProcess.StartAsync(folder.Path);
        Assert.Equal(HttpStatusCode.BadRequest, await AskAsync("/", "elsewhere.example"));
        Assert.Equal(HttpStatusCode.BadRequest, await AskAsync("/live", "elsewhere.example"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync("/", "localhost"));

        async Task<HttpStatusCode> AskAsync(string path, string host)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Host = host } };
            using var answer = await dashboard.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task An_open_page_is_told_of_a_new_leader_within_a_second()
    {
        using var folder = new LockFolder();
        await using var store = new FileStore(folder.Path, BootClock.Instance);
        await using var dashboard = await DashboardInProcess.StartAsync(folder.Path);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await using var live = await dashboard.Http.GetStreamAsync("/live", limit.Token);
        await using var boards = SseParser.Create(live).EnumerateAsync(limit.Token).GetAsyncEnumerator(limit.Token);
        await UntilAsync("No worker takes part");

        // Other tests share the machine: one change of three that comes in time shows that none waits for a period.
        var took = new List<TimeSpan>();
        foreach (var node in new[] { "n1", "n2", "n3" })
        {
            var term = await LeadAsync(store, node);
            var watch = Stopwatch.StartNew();
            await UntilAsync($"{node} has led leader-election-demo since");
            took.Add(watch.Elapsed);
            await store.ReleaseAsync(term, limit.Token);
        }

        Assert.True(took.Min() < TimeSpan.FromSeconds(1), $"The changes were told after {string.Join(", ", took)}.");

        async Task UntilAsync(string shown)
        {
            do
                Assert.True(await boards.MoveNextAsync(), $"The events ended before: {shown}");
            while (!boards.Current.Data.Contains(shown, StringComparison.Ordinal));
        }
    }

    private static async Task<Term> LeadAsync(IElectionStore store, string node)
    {
        var grant = await store.AcquireAsync(
            new Candidacy("leader-election-demo", new CandidateId(node, "1"), TimeSpan.FromMinutes(1)), CancellationToken.None);
        return grant.Term;
    }
}
