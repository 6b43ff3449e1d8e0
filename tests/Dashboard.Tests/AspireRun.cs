using System.Net.Http.Json;
using AspireElection.Dashboard.Tests.Browsing;

namespace AspireElection.Dashboard.Tests;

/// <summary>The AppHost as `dotnet run` starts it, with the real Aspire dashboard, and a browser that is logged in there.</summary>
public sealed class AspireRun : IAsyncLifetime
{
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private AppHostProcess? host;
    private Chromium? chromium;
    private IBrowserContext? context;
    private Uri dashboard = null!;
    private Uri worker = null!;

    /// <summary>The login link, with its token.</summary>
    internal Uri Link { get; private set; } = null!;

    internal IBrowserContext Browser => context!;

    public async Task InitializeAsync()
    {
        try
        {
            host = new AppHostProcess(
                new Dictionary<string, string>
                {
                    ["LEASE_DURATION"] = "2s",
                    // A test run that is killed takes its AppHost with it.
                    ["ASPIRE_CLI_PID"] = Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture),
                },
                "--store", "redis");
            chromium = await Chromium.StartAsync();
            context = await chromium.NewContextAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1280, Height = 800 } });
            context.SetDefaultTimeout((float)Limit.TotalMilliseconds);
            Link = new Uri(await host.AddressAsync("aspire"));
            dashboard = new Uri(Link.GetLeftPart(UriPartial.Authority));
            worker = new Uri(await host.AddressAsync("worker"));
            await LogInAsync();
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>A page of the dashboard, as the browser that has logged in sees it.</summary>
    internal async Task<IPage> OpenAsync(string path)
    {
        var page = await Browser.NewPageAsync();
        await page.GotoAsync(AddressOf(path));
        return page;
    }

    internal string AddressOf(string path) => new Uri(dashboard, path).ToString();

    /// <summary>What a worker tells, once three of them take part and one leads.</summary>
    internal Task<ElectionView> ElectionAsync(long afterTerm = 0) =>
        Wait.UntilAsync<ElectionView>("three members and a leader", Limit, async () =>
        {
            var view = (await http.GetFromJsonAsync<ElectionView[]>(new Uri(worker, "/election")))![0];
            return (view is { Leader: { } leader, Members.Length: 3 } && leader.Term > afterTerm ? view : null, view.ToString());
        });

    internal static ILocatorAssertions Expect(ILocator locator)
    {
        Assertions.SetDefaultExpectTimeout((float)Limit.TotalMilliseconds);
        return Assertions.Expect(locator);
    }

    public async Task DisposeAsync()
    {
        http.Dispose();
        if (chromium is not null) await chromium.DisposeAsync();
        if (host is null) return;
        host.Signal("TERM");
        try
        {
            await host.WaitForExitAsync(TimeSpan.FromSeconds(15));
        }
        finally
        {
            host.Dispose();
        }
    }

    /// <summary>The link leads past the login page: what it shows is there to be looked at.</summary>
    private async Task LogInAsync()
    {
        var page = await Browser.NewPageAsync();
        await page.GotoAsync(Link.ToString());
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Traces" }).First).ToBeVisibleAsync();
        await page.CloseAsync();
    }
}

[CollectionDefinition("aspire")]
public sealed class AspireCollection : ICollectionFixture<AspireRun>;
