using System.Globalization;
using AspireElection.Dashboard.Tests.Browsing;

namespace AspireElection.Dashboard.Tests;

/// <summary>The real Aspire dashboard shows the election: who leads, what the workers say, its traces and its metrics.</summary>
[Collection("aspire")]
public sealed class AspireDashboardTests(AspireRun run)
{
    [Fact]
    public async Task The_resources_have_three_workers_and_the_role_of_each()
    {
        var view = await run.ElectionAsync();
        var page = await run.OpenAsync("/");
        foreach (var member in view.Members) await AspireRun.Expect(page.GetByText(NameOf(member)).First).ToBeVisibleAsync();

        foreach (var member in view.Members.OrderBy(m => m.NodeId == view.Leader!.NodeId))
        {
            await page.GotoAsync(run.AddressOf($"/?resource={NameOf(member)}"));
            var role = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "election.role" });
            // The leader is asked for with each look: on a busy machine another may lead by now.
            await Wait.UntilAsync<string>($"the role of {member.NodeId}", AspireRun.Limit, async () =>
            {
                var shown = await role.InnerTextAsync();
                var leader = (await run.ElectionAsync()).Leader!.NodeId;
                var expected = member.NodeId == leader ? "leader" : "follower";
                return (shown.Contains(expected, StringComparison.Ordinal) ? shown : null, $"'{shown}' is shown while {leader} leads");
            });
        }

        await Screenshot.TakeAsync(page, "aspire-resources", height: 592);
    }

    [Fact]
    public async Task A_worker_that_is_told_to_resign_there_hands_over()
    {
        var view = await run.ElectionAsync();
        var page = await run.OpenAsync($"/?resource={NameOf(view.Members.Single(m => m.NodeId == view.Leader!.NodeId))}");

        await page.GetByTitle("View options").ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "Resign" }).ClickAsync();
        var next = await run.ElectionAsync(afterTerm: view.Leader!.Term);
        Assert.NotEqual(view.Leader.NodeId, next.Leader!.NodeId);
    }

    [Fact]
    public async Task The_console_of_the_leader_says_that_it_leads()
    {
        var view = await run.ElectionAsync();
        var page = await run.OpenAsync($"/consolelogs/resource/{NameOf(view.Members.Single(m => m.NodeId == view.Leader!.NodeId))}");

        await AspireRun.Expect(page.GetByText($"BECAME LEADER term={view.Leader!.Term}").First).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_campaign_is_among_the_traces()
    {
        await run.ElectionAsync();
        var page = await run.OpenAsync("/traces");

        await page.GetByRole(AriaRole.Searchbox).First.FillAsync("campaign");
        await AspireRun.Expect(page.GetByText("worker: campaign").First).ToBeVisibleAsync();
        await Screenshot.TakeAsync(page, "aspire-traces", height: 640);
    }

    [Fact]
    public async Task The_term_is_among_the_metrics_of_the_leader()
    {
        var view = await run.ElectionAsync();
        var leader = NameOf(view.Members.Single(m => m.NodeId == view.Leader!.NodeId));
        var page = await run.OpenAsync($"/metrics/resource/{leader}?meter=AspireElection&instrument=election.term&view=Table");

        await AspireRun.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "election.term" })).ToBeVisibleAsync();
        await AspireRun.Expect(page.GetByText(view.Leader!.Term.ToString(CultureInfo.InvariantCulture)).First).ToBeVisibleAsync();
    }

    private static string NameOf(MemberView member) => $"worker-{member.InstanceId}";
}
