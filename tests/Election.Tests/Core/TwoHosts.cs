using AspireElection.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AspireElection.Tests.Core;

/// <summary>Two hosts of a user's, each with a node of one election.</summary>
internal static class TwoHosts
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    /// <summary>The first one leads; once it stops, the second, under a higher token.</summary>
    /// <param name="use">What the user writes: where the election lives.</param>
    public static async Task FollowEachOtherAsync(Action<ElectionBuilder> use)
    {
        using var first = Build("node-1", use);
        using var second = Build("node-2", use);
        await first.StartAsync().WaitAsync(Bound);
        var before = await Node(first).CampaignAsync().WaitAsync(Bound);
        await second.StartAsync().WaitAsync(Bound);
        var campaign = Node(second).CampaignAsync();
        await first.StopAsync().WaitAsync(Bound);
        Assert.False(before.IsTrusted);
        var after = await campaign.WaitAsync(Bound);
        Assert.True(after.Token > before.Token);
        await second.StopAsync().WaitAsync(Bound);
        Assert.False(after.IsTrusted);
    }

    private static Candidate Node(IHost host) => host.Services.GetRequiredKeyedService<Candidate>("jobs");

    private static IHost Build(string node, Action<ElectionBuilder> use)
    {
        var builder = Host.CreateApplicationBuilder();
        use(builder.AddElection("jobs", options => options.NodeId = node));
        return builder.Build();
    }
}
