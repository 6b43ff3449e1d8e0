using System.Collections;
using System.Text.RegularExpressions;
using AspireElection.Dashboard.Timeline;
using AspireElection.Dashboard.Words;
using AspireElection.Stores.Files;
using AspireElection.Timing;
using AspireElection.Workers;

namespace AspireElection.Dashboard;

/// <summary>An election with more members than the page shows and asks.</summary>
public sealed class CrowdPageTests
{
    private const string PageToken = "the page's own token";

    [Fact]
    public async Task A_leader_far_down_the_list_has_its_row_and_its_place_in_the_form_and_is_asked()
    {
        using var folder = new LockFolder();
        await using var worker = await WorkerInProcess.StartAsync($"--lock-dir {folder.Path} --node-id z-last");
        await worker.LeadsAsync();
        await using var store = new FileStore(folder.Path, BootClock.Instance);
        // Of one priority members are listed by their ids.
        for (var i = 0; i < 250; i++)
        {
            await store.HeartbeatAsync(
                new Member("leader-election-demo", new CandidateId($"n{i:000}", "1"), Role.Follower, 0, $"http://127.1.1.{i}:9", 0), CancellationToken.None);
        }

        await using var dashboard = await DashboardInProcess.StartAsync(
            folder.Path, null, $"DASHBOARD_ADMIN_TOKEN={PageToken}", "ELECTION_ADMIN_TOKEN=the workers' own token");
        var version = Regex.Escape((await worker.JsonAsync("/election"))[0].GetProperty("version").GetString()!);
        const string notAsked = "It is not asked: only leaders and the first 16 members of an election are, 64 in all";
        await WorkerInProcess.UntilAsync(
            async () => await dashboard.PageAsync("Members <span class=\"count\">251</span>", "… and 50 more") is var page
                && Regex.IsMatch(page, $"(?s)>z-last</th>.*data-role=\"leader\">leader</span>.*data-fact=\"version\">{version}</span>")
                && Regex.Count(page, $"title=\"{notAsked}\"") == 2 * (200 - 16)
                && !page.Contains("not been asked yet", StringComparison.Ordinal),
            "the leader's row with its version, and why others have none");

        using var visitor = new Visitor(dashboard);
        await visitor.OpenAsync(PageToken);
        Assert.Matches("<option value=\"z-last#[^\"]+\">z-last</option>", await visitor.PageAsync());
    }

    [Fact]
    public void A_thousand_members_are_not_gone_through_for_each_of_them()
    {
        var now = FixedClock.Now;
        var members = new Crowd([.. Enumerable.Range(0, 1000).Select(i =>
            new Member("e", new CandidateId($"n{i}", "1"), Role.Follower, 0, null, 0, now, i < 3 ? now.AddMinutes(-1) : now))]);
        var picture = Pictures.Led("n5", 7, "14:03") with { Members = members };
        var verdict = Verdict.Of(picture, new FixedClock());
        Assert.Equal("n5 has led e since 14:03:00 UTC, but n0, n1 and 1 more fell silent.", verdict.Sentence);
        Assert.StartsWith("1000 nodes (3 silent), ", Health.Of(picture, Course.Of(picture, new FixedClock()), now), StringComparison.Ordinal);
        Assert.InRange(members.Walks, 1, 10);
    }

    private sealed class Crowd(IReadOnlyList<Member> all) : IReadOnlyList<Member>
    {
        public int Walks { get; private set; }

        public int Count => all.Count;

        public Member this[int index] => all[index];

        public IEnumerator<Member> GetEnumerator()
        {
            Walks++;
            return all.GetEnumerator();
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
