using AspireElection.AppHost.Servers;

namespace AspireElection.Dashboard.Tests.Browsing;

/// <summary>The machine's own Chromium, or the one that <c>./test</c> unpacked. Nothing is ever downloaded from here.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private static readonly string[] s_names = ["chromium", "chromium-browser", "google-chrome"];
    private readonly IPlaywright playwright;
    private readonly IBrowser browser;

    private Chromium(IPlaywright playwright, IBrowser browser) => (this.playwright, this.browser) = (playwright, browser);

    public static async Task<Chromium> StartAsync()
    {
        var executable = Find();
        var playwright = await Playwright.CreateAsync();
        try
        {
            return new Chromium(playwright, await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
            {
                ExecutablePath = executable,
                // Containers make /dev/shm tiny, and root has no sandbox. Times are the browser's own: nothing asks the network.
                Args = ["--disable-dev-shm-usage", "--no-sandbox", "--disable-background-networking"],
                Timeout = 60_000,
            }));
        }
        catch
        {
            playwright.Dispose();
            throw;
        }
    }

    public Task<IBrowserContext> NewContextAsync(BrowserNewContextOptions options) => browser.NewContextAsync(options);

    public async ValueTask DisposeAsync()
    {
        await browser.CloseAsync();
        playwright.Dispose();
    }

    private static string Find() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Where(Path.IsPathFullyQualified)
            .SelectMany(folder => s_names.Select(name => Path.Combine(folder, name)))
            .Append(Path.Combine(ServerCache.Folder, "servers", "chromium", "bin", "chromium"))
            .FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException(
            "This machine has no Chromium: run ./test, which unpacks one, or install it (sudo apt-get install chromium).");
}
