using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using AspireElection.Workers.Http;
using AspireElection.Workers.Output;
using AspireElection.Workers.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace AspireElection.Workers;

/// <summary>A real worker inside the test's process, on a free port.</summary>
internal sealed class WorkerInProcess : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly LineWriter _lines;
    private readonly WebApplication _app;

    private WorkerInProcess(WorkerSettings settings)
    {
        _lines = new LineWriter(Output);
        _app = Program.Build(settings, _lines);
        Election = settings.LockName;
    }

    public string Election { get; }

    public RememberedLines Output { get; } = new();

    public HttpClient Http { get; } = new() { Timeout = Limit };

    public IServiceProvider Services => _app.Services;

    /// <summary>Starts a worker by flags and variables (<c>NAME=value</c>).</summary>
    public static async Task<WorkerInProcess> StartAsync(string flags, params string[] variables)
    {
        var environment = variables.ToDictionary(v => v.Split('=', 2)[0], v => v.Split('=', 2)[1]);
        var (settings, problems, _) = SettingsReader.Read(
            flags.Split(' ', StringSplitOptions.RemoveEmptyEntries), environment.GetValueOrDefault, _ => null);
        Assert.Empty(problems);
        var worker = new WorkerInProcess(settings!);
        await worker._app.StartAsync();
        worker.Http.BaseAddress = new Uri(worker._app.Services.GetRequiredService<OwnAddress>().Url!);
        return worker;
    }

    public async Task<JsonElement> JsonAsync(string path)
    {
        using var parsed = JsonDocument.Parse(await Http.GetStringAsync(path));
        return parsed.RootElement.Clone();
    }

    public async Task<(int Status, string Text)> GetAsync(string path)
    {
        using var answer = await Http.GetAsync(path);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    public async Task<int> PostAsync(string path, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await Http.SendAsync(request);
        return (int)answer.StatusCode;
    }

    public Task LeadsAsync() => UntilAsync(async () => (await GetAsync("/leader")).Status == 200, "it leads");

    public static async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!await holds())
        {
            if (limit.IsCancellationRequested)
                throw new TimeoutException($"Not within {Limit.TotalSeconds} s: {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _lines.Dispose();
        Http.Dispose();
        await Output.DisposeAsync();
    }
}

/// <summary>Standard output as a test sees it.</summary>
internal sealed class RememberedLines : MemoryStream
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyList<string> Lines => [.. _lines];

    public override void Write(ReadOnlySpan<byte> buffer) => _lines.Enqueue(Encoding.UTF8.GetString(buffer).TrimEnd('\n'));
}
