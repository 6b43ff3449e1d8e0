using AspireElection.Dashboard.Tests.Browsing;

namespace AspireElection.Dashboard.Tests;

/// <summary>One topology of three workers with a lease of 2 s, and one browser, for all tests of a store.</summary>
public abstract class ElectionRun(string store) : IAsyncLifetime
{
    private const string WorkersToken = "token-of-the-workers-of-a-test";
    private const string PageToken = "token-of-the-page-of-a-test";
    private RunningTopology? topology;
    private Chromium? chromium;

    internal string Store => store;

    internal RunningTopology Topology => topology!;

    internal Chromium Chromium => chromium!;

    /// <summary>The read-only address of the election page.</summary>
    internal Uri Page { get; private set; } = null!;

    /// <summary>The link that opens its drills.</summary>
    internal Uri AdminLink => new(Page, $"/admin?token={PageToken}");

    public async Task InitializeAsync()
    {
        // The AppHost is inside this process and the workers inherit from it.
        Environment.SetEnvironmentVariable("LEASE_DURATION", "2s");
        Environment.SetEnvironmentVariable("ELECTION_ADMIN_TOKEN", WorkersToken);
        Environment.SetEnvironmentVariable("DASHBOARD_ADMIN_TOKEN", PageToken);
        try
        {
            chromium = await Chromium.StartAsync();
            topology = await RunningTopology.StartAsync("--store", store);
            await topology.Application.ResourceNotifications.WaitForResourceHealthyAsync("dashboard").WaitAsync(TimeSpan.FromSeconds(60));
            using var client = topology.Application.CreateHttpClient("dashboard");
            Page = client.BaseAddress!;
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>Each test begins with three workers that agree, whatever the one before it did.</summary>
    internal Task<IReadOnlyList<ElectionView>> AgreeAsync(long afterTerm = 0) => Topology.AgreeAsync(replicas: 3, afterTerm);

    internal Task<ElectionPage> OpenAsync(int width = 1280, ColorScheme scheme = ColorScheme.Light, bool script = true, string? extra = null) =>
        ElectionPage.OpenAsync(Chromium, Page, width, scheme, script, extra);

    /// <summary>The page of now, on which everybody stands who is here; by the admin link, which is one with all its forms.</summary>
    internal async Task<ElectionPage> OpenSettledAsync(int width = 1280, ColorScheme scheme = ColorScheme.Light, bool admin = true)
    {
        var views = await AgreeAsync();
        var page = await ElectionPage.OpenAsync(
            Chromium, admin ? AdminLink : Page, width, scheme, script: true);
        await page.UntilShowsAsync("the leader and all members are shown", s =>
            s.Leader == views.Single(v => v.IsLeader).NodeId && views.All(v => s.Board.Contains(v.NodeId, StringComparison.Ordinal)));
        return page;
    }

    /// <summary>Stops or starts the server of the store, as somebody would in the Aspire dashboard.</summary>
    internal async Task CommandServerAsync(string command)
    {
        var server = await Topology.Application.ResourceNotifications.WaitForResourceAsync(store, _ => true).WaitAsync(TimeSpan.FromSeconds(10));
        var result = await Topology.Application.ResourceCommands.ExecuteCommandAsync(server.ResourceId, command);
        Assert.True(result.Success, result.Message);
    }

    public async Task DisposeAsync()
    {
        if (chromium is not null) await chromium.DisposeAsync();
        if (topology is not null) await topology.DisposeAsync();
    }
}

public sealed class RedisRun() : ElectionRun("redis");

public sealed class PostgresRun() : ElectionRun("postgres");

[CollectionDefinition("redis")]
public sealed class RedisCollection : ICollectionFixture<RedisRun>;

[CollectionDefinition("postgres")]
public sealed class PostgresCollection : ICollectionFixture<PostgresRun>;
