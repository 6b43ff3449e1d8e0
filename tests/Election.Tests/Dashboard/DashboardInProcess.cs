using AspireElection.ServiceDefaults.Stores;
using AspireElection.Workers;
using Microsoft.AspNetCore.Builder;

namespace AspireElection.Dashboard;

/// <summary>A real dashboard inside the test's process, on a free port, over whatever store a test gives it.</summary>
internal sealed class DashboardInProcess : IAsyncDisposable
{
    private readonly WebApplication _app;

    private DashboardInProcess(DashboardSettings settings, IElectionStore? store) =>
        _app = DashboardApp.Create(settings, () => store ?? settings.Store.Open());

    public HttpClient Http { get; } = new() { Timeout = TimeSpan.FromSeconds(20) };

    /// <summary>Starts one with these variables (<c>NAME=value</c>).</summary>
    public static async Task<DashboardInProcess> StartAsync(string folder, IElectionStore? store = null, params string[] variables)
    {
        var problems = new List<string>();
        var environment = variables.ToDictionary(v => v.Split('=', 2)[0], v => v.Split('=', 2)[1]);
        var settings = DashboardSettings.Read(["--lock-dir", folder], environment.GetValueOrDefault, problems);
        Assert.Empty(problems);
        var dashboard = new DashboardInProcess(settings!, store);
        await dashboard._app.StartAsync();
        dashboard.Http.BaseAddress = new Uri(dashboard._app.Urls.Single());
        return dashboard;
    }

    /// <summary>The page, as soon as it shows what it should.</summary>
    public async Task<string> PageAsync(params string[] shown)
    {
        var page = "";
        await WorkerInProcess.UntilAsync(
            async () => shown.All((page = await Http.GetStringAsync("/")).Contains),
            $"the page shows {string.Join(", ", shown)}");
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
