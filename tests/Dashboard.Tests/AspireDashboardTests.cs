using System.Globalization;

namespace AspireElection.Dashboard.Tests;

/// <summary>The real Aspire dashboard shows the election: its traces and its metrics.</summary>
[Collection("aspire")]
public sealed class AspireDashboardTests(AspireRun run)
{
    [Fact]
    public async Task A_campaign_is_among_the_traces()
    {
        await run.ElectionAsync();
        var page = await run.OpenAsync("/traces");

        await page.GetByRole(AriaRole.Searchbox).First.FillAsync("campaign");
        await AspireRun.Expect(page.GetByText("worker: campaign").First).ToBeVisibleAsync();
    }

    [Fact]
    public async Task The_term_is_among_the_metrics_of_the_leader()
    {
        var view = await run.ElectionAsync();
        var leader = view.Members.Single(m => m.NodeId == view.Leader!.NodeId);
        var page = await run.OpenAsync($"/metrics/resource/worker-{leader.InstanceId}?meter=AspireElection&instrument=election.term&view=Table");

        await AspireRun.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "election.term" })).ToBeVisibleAsync();
        await AspireRun.Expect(page.GetByText(view.Leader!.Term.ToString(CultureInfo.InvariantCulture)).First).ToBeVisibleAsync();
    }
}
