namespace AspireElection.Topology.Tests;

/// <summary>One AppHost with the real dashboard, for all tests that ask that dashboard or what it is told.</summary>
public sealed class DashboardHost : IAsyncLifetime
{
    internal const string AdminToken = "the-admin-token-of-these-tests";

    private static readonly Dictionary<string, string> s_open = new()
    {
        ["ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS"] = "true",
        ["ASPIRE_DASHBOARD_API_ENABLED"] = "true",
        ["ELECTION_ADMIN_TOKEN"] = AdminToken,
    };

    internal AppHostProcess Process { get; private set; } = null!;

    internal Uri Dashboard { get; private set; } = null!;

    internal Uri Worker { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Process = new AppHostProcess(s_open, "--store", "redis");
        try
        {
            Dashboard = new Uri(await Process.AddressAsync("aspire"));
            Worker = new Uri(await Process.AddressAsync("worker"));
        }
        catch
        {
            Process.Dispose();
            throw;
        }
    }

    public async Task DisposeAsync()
    {
        using (Process)
        {
            Process.Signal("TERM");
            await Process.WaitForExitAsync(TimeSpan.FromSeconds(15));
        }
    }
}

[CollectionDefinition(nameof(DashboardHost))]
public sealed class DashboardHostTests : ICollectionFixture<DashboardHost>;
